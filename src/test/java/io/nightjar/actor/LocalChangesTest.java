package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LocalChangesTest {
    private final AtomicInteger told = new AtomicInteger();
    private final LocalChanges changes = new LocalChanges(told::incrementAndGet);

    @Test
    void who_waits_for_them_is_told_once_for_all_that_wait() {
        changes.hurry(true);

        changes.added("a");
        changes.added("b");
        changes.removed("a");

        assertThat(told).hasValue(1);
        assertThat(taken()).containsExactly("+a", "+b", "-a");
        changes.added("c");
        assertThat(told).hasValue(2);
        assertThat(taken()).containsExactly("+c");
    }

    @Test
    void while_nobody_waits_they_gather_but_do_not_pile_up() {
        for (int i = 1; i < LocalChanges.MOST; i++) {
            changes.added("f/" + i);
        }
        assertThat(told).hasValue(0);

        changes.added("last");

        assertThat(told).hasValue(1);
        assertThat(taken()).hasSize(LocalChanges.MOST).endsWith("+last");
    }

    @Test
    void what_comes_while_they_are_taken_is_told_of_again() {
        changes.hurry(true);
        changes.added("a");
        List<String> taken = new ArrayList<>();

        changes.take((filter, added) -> {
            taken.add(filter);
            changes.added("b");
        });

        assertThat(taken).containsExactly("a");
        assertThat(told).hasValue(2);
        assertThat(taken()).containsExactly("+b");
    }

    private List<String> taken() {
        List<String> taken = new ArrayList<>();
        changes.take((filter, added) -> taken.add((added ? "+" : "-") + filter));
        return taken;
    }
}
