package io.nightjar.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.session.SessionEffects.Timer;
import io.nightjar.session.SessionFixture.Request;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a session does for a client of 3.1.1, and of 3.1, where a clock or many messages are needed to see it. */
class SessionOf311Test {
    private static final long DAY = 86_400_000;

    private final SessionFixture f = new SessionFixture();

    private static Request client(MqttVersion version, boolean clean) {
        return (clean ? Request.clean() : Request.resume())
                .version(version)
                .expiry(clean ? 0 : 7200)
                .receiveMaximum(65_535);
    }

    @ParameterizedTest
    @EnumSource(
            value = MqttVersion.class,
            names = {"V3_1", "V3_1_1"})
    @Normative({"311/2.3.1-4", "311/4.3.2-1", "311/4.3.3-1"})
    void packet_identifiers_go_round_without_0_and_without_those_in_use(MqttVersion version) {
        f.attach(client(version, false));
        f.subscribe("t", QoS.EXACTLY_ONCE);
        f.deliver("t", QoS.AT_LEAST_ONCE); // 1, never acknowledged
        f.deliver("t", QoS.EXACTLY_ONCE); // 2, never received
        f.deliver("t", QoS.EXACTLY_ONCE); // 3, received and never completed
        f.acknowledge(PacketType.PUBREC, 3);
        f.effects.clear();

        int rounds = 0;
        int last = 3;
        for (int i = 0; i < 140_000; i++) {
            f.deliver("t", QoS.AT_LEAST_ONCE);
            List<Packet.Publish> sent = f.effects.publishes();
            assertThat(sent).hasSize(1);
            int packetId = sent.get(0).packetId();
            assertThat(packetId).isBetween(4, 65_535);
            rounds += packetId < last ? 1 : 0;
            last = packetId;
            f.acknowledge(PacketType.PUBACK, packetId);
            f.effects.clear();
        }
        assertThat(rounds).isGreaterThanOrEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(
            value = MqttVersion.class,
            names = {"V3_1", "V3_1_1"})
    @Normative({"311/4.1.0-2", "311/4.1.0-1", "311/3.1.2-4", "311/3.1.2-6"})
    void a_session_lasts_at_least_as_long_as_its_connection(MqttVersion version) {
        for (boolean clean : new boolean[] {true, false}) {
            SessionFixture s = new SessionFixture();
            s.attach(client(version, clean));
            s.subscribe("t", QoS.AT_LEAST_ONCE);

            s.now += 1000 * DAY;
            s.session.timer(Timer.EXPIRY, s.now, s.effects); // of an earlier time without a connection
            s.effects.clear();

            s.deliver("t", QoS.AT_LEAST_ONCE);
            assertThat(s.effects.publishes()).as("Clean Session %s", clean).hasSize(1);
            s.detach(Detail.PEER_RESET);
            s.effects.take();
            s.now += 7_199_000; // counted from the end, not from the connect
            s.attach(client(version, false));
            assertThat(s.effects.take()).contains("attached 2 present=" + (clean ? 0 : 1));
        }
    }

    @Test
    @Normative("311/4.3.3-1")
    @OftenWrong(37)
    void pubrec_for_an_unknown_identifier_gets_a_plain_pubrel() {
        f.attach(client(MqttVersion.V3_1_1, false));
        f.effects.take();

        f.acknowledge(PacketType.PUBREC, 99);

        assertThat(f.effects.take()).containsExactly("PUBREL #99 0x00");
    }

    @Test
    void a_filter_that_is_refused_is_granted_in_words_to_a_client_of_3_1_only() {
        SubscriptionRequest request = new SubscriptionRequest("t", SubscriptionOptions.of(QoS.EXACTLY_ONCE));
        Packet.Subscribe packet = new Packet.Subscribe(7, Properties.NONE, List.of(request, request));
        List<ReasonCode> verdicts = List.of(ReasonCode.NOT_AUTHORIZED, ReasonCode.SUCCESS);

        f.attach(client(MqttVersion.V3_1, true));
        f.effects.take();
        f.session.subscribe(1, packet, verdicts, 0, f.effects);
        assertThat(f.effects.take()).containsExactly("subscribe t", "SUBACK #7 [0x02, 0x02]");

        f.attach(client(MqttVersion.V3_1_1, true));
        f.effects.take();
        f.session.subscribe(2, packet, verdicts, 0, f.effects);
        assertThat(f.effects.take()).containsExactly("subscribe t", "SUBACK #7 [0x87, 0x02]");
    }
}
