package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.QoS;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeerLinkTest {
    private static final LinkSettings TEN =
            new LinkSettings(10, 1 << 20, 1, 1, 1024, Duration.ofSeconds(1), Duration.ofSeconds(1), 10, 1 << 20);

    private final Counters counters = new Counters();
    private final Congestion congestion = new Congestion();
    private final List<Boolean> signals = new ArrayList<>();
    private final PeerLink link = new PeerLink(1, TEN, counters, congestion);

    PeerLinkTest() {
        congestion.onChange(signals::add);
    }

    @Test
    void publishers_are_held_back_above_half_and_let_go_at_a_quarter() {
        offer(5);
        assertThat(congestion.isCongested()).isFalse();
        offer(1);
        assertThat(congestion.isCongested()).isTrue();

        poll(3);
        assertThat(congestion.isCongested()).isTrue();
        poll(1);

        assertThat(congestion.isCongested()).isFalse();
        assertThat(signals).containsExactly(true, false);
    }

    @Test
    void qos_0_goes_first_then_everything_but_what_must_arrive() {
        offer(9);

        link.forward(LinkCluster.message("t", "0", QoS.AT_MOST_ONCE), true, List.of());
        assertThat(counters.get(Counter.DROPPED_PEER_QUEUE)).isEqualTo(1);
        link.forward(LinkCluster.message("t", "1", QoS.AT_LEAST_ONCE), true, List.of());
        assertThat(counters.get(Counter.DROPPED_PEER_QUEUE)).isEqualTo(1);
        link.forward(LinkCluster.message("t", "2", QoS.EXACTLY_ONCE), true, List.of());
        assertThat(counters.get(Counter.DROPPED_PEER_QUEUE)).isEqualTo(2);

        assertThat(link.offer(new byte[1], PeerLink.Priority.MUST)).isTrue();
        assertThat(link.queued()).isEqualTo(11);
    }

    @Test
    void bytes_fill_a_queue_as_messages_do() {
        assertThat(link.offer(new byte[1 << 20], PeerLink.Priority.ORDINARY)).isTrue();

        assertThat(congestion.isCongested()).isTrue();
        assertThat(link.offer(new byte[1], PeerLink.Priority.ORDINARY)).isFalse();
    }

    @Test
    void nobody_waits_for_a_peer_that_cannot_be_reached() {
        offer(8);

        link.reachable(false);
        assertThat(congestion.isCongested()).isFalse();
        offer(1);
        assertThat(congestion.isCongested()).isFalse();

        link.reachable(true);
        offer(1);
        assertThat(congestion.isCongested()).isTrue();
    }

    @Test
    void a_peer_that_left_takes_its_queue_along_and_it_is_counted() {
        offer(8);

        link.close();

        assertThat(counters.get(Counter.DROPPED_PEER_QUEUE)).isEqualTo(8);
        assertThat(congestion.isCongested()).isFalse();
        assertThat(link.offer(new byte[1], PeerLink.Priority.MUST)).isFalse();
    }

    @Test
    void a_retained_update_that_was_dropped_is_told_when_there_is_room() {
        offer(10);
        link.forwardRetained(LinkCluster.message("t", "r", QoS.AT_LEAST_ONCE), "a");

        poll(10);

        assertThat(link.poll()).containsExactly(LinkItems.RETAINED_LOST);
        assertThat(link.poll()).isNull();
        assertThat(link.isEmpty()).isTrue();
    }

    private void offer(int items) {
        for (int i = 0; i < items; i++) {
            assertThat(link.offer(new byte[1], PeerLink.Priority.ORDINARY)).isTrue();
        }
    }

    private void poll(int items) {
        for (int i = 0; i < items; i++) {
            assertThat(link.poll()).isNotNull();
        }
    }
}
