package io.nightjar.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.session.SessionFixture.Request;
import org.junit.jupiter.api.Test;

/** QoS 2 from the client: routed exactly once. */
class InboundQos2Test {
    private final SessionFixture f = new SessionFixture();

    private void attach(Request request) {
        f.attach(request);
        f.effects.take();
    }

    @Test
    @Normative({"5.0/4.3.3-8", "5.0/4.3.3-10", "5.0/4.3.3-11", "5.0/4.3.3-12", "311/4.3.3-2"})
    @OftenWrong(34)
    void a_repeat_before_pubrel_is_answered_and_not_routed_again() {
        attach(Request.resume());

        f.publishQos2(1, "t");
        f.publishQos2(1, "t");
        f.publishQos2(1, "t");
        f.acknowledge(PacketType.PUBREL, 1);
        f.publishQos2(1, "u");

        assertThat(f.effects.take())
                .containsExactly(
                        "route t",
                        "PUBREC #1 0x00",
                        "PUBREC #1 0x00",
                        "PUBREC #1 0x00",
                        "PUBCOMP #1 0x00",
                        "route u",
                        "PUBREC #1 0x00");
    }

    @Test
    @Normative({"5.0/4.3.3-10", "5.0/4.1.0-1"})
    @OftenWrong(34)
    void received_identifiers_outlive_the_connection() {
        attach(Request.resume());
        f.publishQos2(1, "t");
        f.detach(Detail.PEER_RESET);
        attach(Request.resume());

        f.publishQos2(1, "t");
        f.acknowledge(PacketType.PUBREL, 1);

        assertThat(f.effects.take()).containsExactly("PUBREC #1 0x00", "PUBCOMP #1 0x00");
    }

    @Test
    @Normative("5.0/3.1.2-4")
    void clean_start_forgets_received_identifiers() {
        attach(Request.resume());
        f.publishQos2(1, "t");
        attach(Request.clean());

        f.publishQos2(1, "t");

        assertThat(f.effects.take()).containsExactly("route t", "PUBREC #1 0x00");
    }

    @Test
    @Normative({"5.0/3.7.2-1", "5.0/4.3.3-11"})
    @OftenWrong(37)
    void pubrel_of_an_unknown_identifier_gets_pubcomp_0x92_or_a_plain_one_in_3_1_1() {
        attach(Request.resume());
        f.acknowledge(PacketType.PUBREL, 9);
        assertThat(f.effects.take()).containsExactly("PUBCOMP #9 0x92");

        attach(Request.resume().version(MqttVersion.V3_1_1));
        f.acknowledge(PacketType.PUBREL, 9);
        assertThat(f.effects.take()).containsExactly("PUBCOMP #9 0x00");
    }

    @Test
    void above_the_limit_the_message_is_refused_and_the_identifier_forgotten() {
        attach(Request.resume());
        f.publishQos2(1, "a");
        f.publishQos2(2, "b");
        f.effects.take();

        f.publishQos2(3, "c");
        f.publishQos2(2, "b");
        f.acknowledge(PacketType.PUBREL, 1);
        f.publishQos2(3, "c");

        assertThat(f.effects.take())
                .containsExactly("PUBREC #3 0x97", "PUBREC #2 0x00", "PUBCOMP #1 0x00", "route c", "PUBREC #3 0x00");
        assertThat(f.session.awaitingRelCount()).isEqualTo(2);
    }

    @Test
    void above_the_limit_a_3_1_1_client_is_disconnected_since_it_cannot_be_refused() {
        attach(Request.resume().version(MqttVersion.V3_1_1));
        f.publishQos2(1, "a");
        f.publishQos2(2, "b");
        f.effects.take();

        f.publishQos2(3, "c");

        assertThat(f.effects.take()).containsExactly("end kicked/quota_exceeded", "start EXPIRY 100000");
        assertThat(f.effects.ends.get(0).facts())
                .containsEntry("limit", "awaiting_rel")
                .containsEntry("value", "2");
        assertThat(f.session.isAttached()).isFalse();
        assertThat(f.session.exists()).isTrue();
    }

    @Test
    @Normative({"5.0/4.3.3-9", "5.0/4.3.3-10"})
    @OftenWrong({34, 35})
    void a_refusal_ends_the_exchange_unless_the_message_is_the_repeat_of_one_that_was_taken() {
        attach(Request.resume());
        f.publishQos2(1, "t");
        f.detach(Detail.PEER_RESET);
        attach(Request.resume());

        f.publishQos2(1, "t", ReasonCode.NOT_AUTHORIZED);
        f.publishQos2(2, "denied", ReasonCode.NOT_AUTHORIZED);
        f.publishQos2(2, "u");
        f.acknowledge(PacketType.PUBREL, 1);
        f.publishQos2(1, "t", ReasonCode.NOT_AUTHORIZED);

        assertThat(f.effects.take())
                .containsExactly(
                        "PUBREC #1 0x00",
                        "PUBREC #2 0x87",
                        "route u",
                        "PUBREC #2 0x00",
                        "PUBCOMP #1 0x00",
                        "PUBREC #1 0x87");
        assertThat(f.session.awaitingRelCount()).isEqualTo(1);
    }

    @Test
    @Normative("311/3.3.5-2")
    void a_3_1_1_client_is_not_told_of_a_refusal() {
        attach(Request.resume().version(MqttVersion.V3_1_1));

        f.publishQos2(1, "denied", ReasonCode.NOT_AUTHORIZED);
        f.acknowledge(PacketType.PUBREL, 1);

        assertThat(f.effects.take()).containsExactly("PUBREC #1 0x00", "PUBCOMP #1 0x00");
    }

    @Test
    @Normative("5.0/3.5.2-1")
    void pubrec_says_if_nobody_matched_when_the_message_came() {
        attach(Request.resume());
        f.effects.matching = 0;

        f.publishQos2(1, "t");
        f.publishQos2(1, "t");

        assertThat(f.effects.take()).containsExactly("route t", "PUBREC #1 0x10", "PUBREC #1 0x00");
    }
}
