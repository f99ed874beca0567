package io.nightjar.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.Reason;
import org.junit.jupiter.api.Test;

class CountersTest {
    private final Counters counters = new Counters();

    @Test
    void ends_are_counted_by_cause_side_and_listener_and_only_what_occurred_is_there() {
        counters.ended(Detail.PEER_FIN, "client", "tcp:default");
        counters.ended(Detail.PEER_FIN, "client", "tcp:default");
        counters.ended(Detail.PEER_FIN, "network", "tcp:default");

        assertThat(counters.ends())
                .hasSize(2)
                .containsEntry(new Counters.End(Detail.PEER_FIN, "client", "tcp:default"), 2L);
        assertThat(counters.ended(Detail.PEER_FIN)).isEqualTo(3);
        assertThat(counters.ended(Reason.TCP_CLOSED)).isEqualTo(3);
    }

    @Test
    void the_number_of_combinations_is_bounded_and_no_end_is_lost() {
        for (int i = 0; i < 3 * Counters.ENDS_MAX; i++) {
            counters.ended(Detail.PEER_FIN, "client", "tcp:" + i);
        }

        assertThat(counters.ends()).hasSizeLessThanOrEqualTo(Counters.ENDS_MAX + 1);
        assertThat(counters.ends()).containsKey(new Counters.End(Detail.PEER_FIN, "client", Counters.OTHER));
        assertThat(counters.ends().values().stream().mapToLong(n -> n).sum()).isEqualTo(3L * Counters.ENDS_MAX);
        assertThat(counters.ended(Detail.PEER_FIN)).isEqualTo(3L * Counters.ENDS_MAX);
    }

    @Test
    void messages_are_counted_by_qos_and_are_packets_too() {
        counters.received(publish(QoS.AT_MOST_ONCE));
        counters.received(publish(QoS.EXACTLY_ONCE));
        counters.received(new Packet.PingReq());
        counters.sent(publish(QoS.AT_LEAST_ONCE));

        assertThat(counters.get(Counter.MESSAGES_RECEIVED)).isEqualTo(2);
        assertThat(counters.get(Counter.MESSAGES_SENT)).isEqualTo(1);
        assertThat(counters.received(QoS.EXACTLY_ONCE)).isEqualTo(1);
        assertThat(counters.received(PacketType.PUBLISH)).isEqualTo(2);
        assertThat(counters.received(PacketType.PINGREQ)).isEqualTo(1);
        assertThat(counters.sent(PacketType.PINGRESP)).isZero();
    }

    private static Packet publish(QoS qos) {
        return new Packet.Publish("t", Bytes.utf8("x"), qos, false, false, 1, Properties.NONE);
    }
}
