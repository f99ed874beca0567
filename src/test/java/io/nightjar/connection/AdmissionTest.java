package io.nightjar.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.connection.Admission.Refusal;
import io.nightjar.connection.Admission.Row;
import io.nightjar.connection.Admission.Standing;
import io.nightjar.connection.Admission.Ticket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Who is let in, who waits and who is refused, in a time that only the test moves. */
class AdmissionTest {
    private static final long MIB = 1 << 20;

    private final List<String> told = new ArrayList<>();
    private Admission admission = new Admission(AdmissionLimits.NONE, 0);

    private final class Client implements Admission.Guest {
        private final String name;

        Client(String name) {
            this.name = name;
        }

        @Override
        public void admitted() {
            told.add(name);
        }

        @Override
        public void refused(Refusal why) {
            told.add(name + " refused " + why.limit() + " after " + why.waitedMillis());
        }
    }

    private void limits(int rate, int burst, int window, int maxWaiting, long maxWaitMillis) {
        admission = new Admission(new AdmissionLimits(rate, burst, window, maxWaiting, MIB, maxWaitMillis), 0);
    }

    private Row row(String name, int rate, int burst) {
        return admission.row("nightjar.listeners.tcp." + name, rate, burst, 0);
    }

    private Ticket arrive(Row row, String name, long now, Standing expected) {
        Ticket ticket = new Ticket(row, new Client(name), 100, now);
        assertThat(admission.arrive(ticket, now)).as(name).isEqualTo(expected);
        return ticket;
    }

    // ---- tokens

    @Test
    void a_burst_goes_in_at_once_and_the_rest_in_order_as_tokens_come() {
        limits(0, 1, 0, 100, 10_000);
        Row row = row("a", 10, 3);
        for (int i = 0; i < 3; i++) {
            arrive(row, "c" + i, 0, Standing.INSIDE);
        }
        for (int i = 3; i < 7; i++) {
            arrive(row, "c" + i, 0, Standing.WAITING);
        }

        assertThat(admission.drain(0)).as("next token").isEqualTo(100);
        assertThat(admission.drain(99)).isEqualTo(1);
        assertThat(told).isEmpty();
        admission.drain(100);
        assertThat(told).containsExactly("c3");
        admission.drain(300);
        assertThat(told).containsExactly("c3", "c4", "c5");
        arrive(row, "late", 390, Standing.WAITING);
        admission.drain(500);

        assertThat(told).containsExactly("c3", "c4", "c5", "c6", "late");
        assertThat(admission.drain(500)).isEqualTo(Long.MAX_VALUE);
        assertThat(admission.waiting()).isZero();
    }

    @Test
    void rows_take_turns_at_the_tokens_of_the_node() {
        limits(10, 1, 0, 100, 10_000);
        Row one = row("one", 0, 1);
        Row two = row("two", 0, 1);
        arrive(one, "first", 0, Standing.INSIDE);
        for (int i = 0; i < 4; i++) {
            arrive(one, "one" + i, 0, Standing.WAITING);
        }
        arrive(two, "two0", 0, Standing.WAITING);
        arrive(two, "two1", 0, Standing.WAITING);

        for (long now = 100; now <= 600; now += 100) {
            admission.drain(now);
        }

        assertThat(told.subList(0, 4)).containsExactlyInAnyOrder("one0", "one1", "two0", "two1");
        assertThat(told).hasSize(6).endsWith("one2", "one3");
    }

    @Test
    void an_empty_bucket_of_one_listener_holds_up_nobody_on_another() {
        limits(0, 1, 0, 100, 10_000);
        Row slow = row("slow", 1, 1);
        Row free = row("free", 0, 1);
        arrive(slow, "s0", 0, Standing.INSIDE);
        arrive(slow, "s1", 0, Standing.WAITING);

        arrive(free, "f0", 0, Standing.INSIDE);
    }

    // ---- places

    @Test
    void one_that_is_done_makes_room_for_the_next() {
        limits(0, 1, 2, 100, 10_000);
        Row row = row("a", 0, 1);
        Ticket first = arrive(row, "c0", 0, Standing.INSIDE);
        arrive(row, "c1", 0, Standing.INSIDE);
        arrive(row, "c2", 0, Standing.WAITING);
        arrive(row, "c3", 0, Standing.WAITING);

        assertThat(admission.leave(first)).isTrue();
        admission.leave(first);
        admission.drain(1);

        assertThat(told).as("twice gone is one place").containsExactly("c2");
        assertThat(admission.inside()).isEqualTo(2);
    }

    @Test
    void who_keeps_a_place_for_long_waits_for_others_and_does_not_keep_them_out() {
        limits(0, 1, 1, 100, 10_000);
        Row row = row("a", 0, 1);
        Ticket stuck = arrive(row, "stuck", 0, Standing.INSIDE);
        arrive(row, "next", 5, Standing.WAITING);

        assertThat(admission.drain(5)).isEqualTo(Admission.PLACE_MILLIS - 5);
        admission.drain(Admission.PLACE_MILLIS);

        assertThat(told).containsExactly("next");
        admission.leave(stuck);
        assertThat(admission.inside()).isEqualTo(1);
    }

    // ---- the limits of waiting

    @Test
    void one_more_than_may_wait_is_refused_and_the_others_are_not() {
        limits(0, 1, 1, 2, 10_000);
        Row row = row("a", 0, 1);
        arrive(row, "c0", 0, Standing.INSIDE);
        Ticket waiting = arrive(row, "c1", 0, Standing.WAITING);
        arrive(row, "c2", 0, Standing.WAITING);

        Refusal why = arrive(row, "c3", 0, Standing.REFUSED).refusal();
        assertThat(why).isEqualTo(new Refusal("nightjar.admission.max-waiting=2", false, 0, 2, 0));

        admission.leave(waiting);
        arrive(row, "c4", 0, Standing.WAITING);
    }

    @Test
    void the_bytes_that_wait_are_bounded() {
        limits(0, 1, 1, 100, 10_000);
        Row row = row("a", 0, 1);
        arrive(row, "c0", 0, Standing.INSIDE);
        Ticket large = new Ticket(row, new Client("large"), (int) MIB - 50, 0);
        assertThat(admission.arrive(large, 0)).isEqualTo(Standing.WAITING);

        Refusal why = arrive(row, "c2", 0, Standing.REFUSED).refusal();
        assertThat(why.limit()).isEqualTo("nightjar.admission.max-waiting-bytes=" + MIB);

        admission.leave(large);
        arrive(row, "c3", 0, Standing.WAITING);
    }

    @Test
    void who_would_wait_in_vain_is_told_at_once() {
        limits(0, 1, 0, 100, 1000);
        Row row = row("a", 5, 1);
        arrive(row, "c0", 0, Standing.INSIDE);
        for (int i = 1; i <= 5; i++) {
            arrive(row, "c" + i, 0, Standing.WAITING);
        }

        Refusal why = arrive(row, "one-too-many", 0, Standing.REFUSED).refusal();

        assertThat(why).isEqualTo(new Refusal("nightjar.listeners.tcp.a.connect-rate=5", true, 1, 5, 0));
    }

    @Test
    void who_waited_too_long_is_refused_and_told_for_what() {
        limits(0, 1, 1, 100, 20);
        Row row = row("a", 0, 1);
        arrive(row, "c0", 0, Standing.INSIDE);
        arrive(row, "c1", 0, Standing.WAITING);
        arrive(row, "c2", 5, Standing.WAITING);

        assertThat(admission.drain(19)).isEqualTo(1);
        assertThat(admission.drain(20)).isEqualTo(5);

        assertThat(told).containsExactly("c1 refused nightjar.admission.max-wait=20ms after 20");
        assertThat(admission.waiting()).isEqualTo(1);
    }

    @Test
    void who_leaves_while_it_waits_is_not_told_and_takes_no_token() {
        limits(0, 1, 0, 100, 10_000);
        Row row = row("a", 10, 1);
        arrive(row, "c0", 0, Standing.INSIDE);
        Ticket gone = arrive(row, "gone", 0, Standing.WAITING);
        arrive(row, "c2", 0, Standing.WAITING);

        admission.leave(gone);
        admission.drain(100);

        assertThat(told).containsExactly("c2");
    }

    @Test
    void without_limits_everybody_goes_in() {
        Row row = row("a", 0, 1);
        for (int i = 0; i < 1000; i++) {
            arrive(row, "c" + i, 0, Standing.INSIDE);
        }

        assertThat(admission.inside()).isZero();
    }

    /** Some clients that come, stay, leave and are done, in any order, against the obvious model of one listener. */
    @Property(tries = 300)
    void in_any_order_of_events_nobody_is_lost_forgotten_or_let_in_out_of_turn(@ForAll long seed) {
        Random random = new Random(seed);
        int window = 1 + random.nextInt(4);
        limits(50, 5, window, 20, 400);
        told.clear();
        Row row = row("a", 40, 3);
        Deque<Ticket> waiting = new ArrayDeque<>();
        List<Ticket> inside = new ArrayList<>();
        List<Ticket> all = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 200; i++) {
            now += random.nextInt(12);
            int dice = random.nextInt(10);
            if (dice < 5) {
                Ticket ticket = new Ticket(row, new Client("c" + i), 100, now);
                Standing standing = admission.arrive(ticket, now);
                all.add(ticket);
                if (standing == Standing.INSIDE) {
                    assertThat(waiting).as("nobody passes those who wait").isEmpty();
                    inside.add(ticket);
                } else if (standing == Standing.WAITING) {
                    waiting.add(ticket);
                    expected.add("c" + i);
                } else {
                    assertThat(ticket.refusal()).isNotNull();
                }
            } else if (dice < 7 && !inside.isEmpty()) {
                admission.leave(inside.remove(random.nextInt(inside.size())));
            } else if (dice == 7 && !waiting.isEmpty()) {
                Ticket gone = waiting.removeLast();
                expected.remove(expected.size() - 1);
                admission.leave(gone);
            }
            int before = told.size();
            long next = admission.drain(now);
            for (String each : told.subList(before, told.size())) {
                Ticket ticket = waiting.removeFirst();
                assertThat(each.split(" ")[0]).as("in order of arrival").isEqualTo(expected.remove(0));
                if (!each.contains("refused")) {
                    inside.add(ticket);
                }
            }
            assertThat(admission.waiting()).isEqualTo(waiting.size()).isLessThanOrEqualTo(20);
            assertThat(admission.inside()).isLessThanOrEqualTo(window);
            assertThat(next == Long.MAX_VALUE).isEqualTo(waiting.isEmpty());
        }

        for (long end = now + 1000; now < end; now += 5) {
            all.forEach(admission::leave);
            admission.drain(now);
        }
        assertThat(admission.waiting()).isZero();
        assertThat(admission.inside()).isZero();
    }
}
