package io.nightjar.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private final RouteTable table = new RouteTable();
    private final Peer one = new SilentPeer("one");
    private final Peer two = new SilentPeer("two");

    @Test
    void adding_and_removing_are_idempotent_and_the_digest_follows() {
        assertThat(table.add(one, "a/#")).isTrue();
        assertThat(table.add(one, "a/#")).isFalse();
        assertThat(table.digest(one)).isEqualTo(FilterDigest.EMPTY.plus("a/#"));
        assertThat(table.remove(two, "a/#")).isFalse();
        assertThat(table.remove(one, "a/#")).isTrue();
        assertThat(table.remove(one, "a/#")).isFalse();
        assertThat(table.digest(one)).isEqualTo(FilterDigest.EMPTY);
    }

    @Test
    void digests_are_equal_for_equal_sets_whatever_the_order() {
        List<String> filters = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            filters.add(i % 3 == 0 ? "$share/g/a/" + i : "a/" + i + (i % 3 == 1 ? "/#" : ""));
        }
        filters.forEach(filter -> table.add(one, filter));
        Collections.shuffle(filters, new Random(7));
        filters.forEach(filter -> table.add(two, filter));
        assertThat(table.digest(one)).isEqualTo(table.digest(two));

        table.remove(two, filters.get(0));
        table.add(two, filters.get(0) + "x");
        assertThat(table.digest(one).count()).isEqualTo(table.digest(two).count());
        assertThat(table.digest(one)).isNotEqualTo(table.digest(two));
    }

    @Test
    void a_column_is_dropped_without_touching_the_others() {
        for (String filter : List.of("a", "a/+", "$share/g/a", "#")) {
            table.add(one, filter);
            table.add(two, filter);
        }

        assertThat(table.removeAll(one)).isEqualTo(4);

        List<String> left = new ArrayList<>();
        table.forEachFilter(one, left::add);
        assertThat(left).isEmpty();
        table.forEachFilter(two, left::add);
        assertThat(left).containsExactlyInAnyOrder("a", "a/+", "$share/g/a", "#");
        assertThat(table.peers()).containsExactly(two);
        assertThat(table.digest(one)).isEqualTo(FilterDigest.EMPTY);
    }

    private static final class SilentPeer implements Peer {
        private final String node;

        SilentPeer(String node) {
            this.node = node;
        }

        @Override
        public String node() {
            return node;
        }

        @Override
        public boolean forward(Message message, boolean plain, List<String> shared) {
            return true;
        }
    }
}
