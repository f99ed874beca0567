package io.nightjar.session;

import static io.nightjar.session.SessionFixture.topics;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.session.SessionFixture.Request;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Messages on their way to the client: window, handshake, queue, expiry, size. */
class OutboundFlowTest {
    private static SessionFixture attached(Request request) {
        return attached(new SessionFixture(), request);
    }

    private static SessionFixture attached(SessionFixture f, Request request) {
        f.attach(request);
        f.subscribe("#", QoS.EXACTLY_ONCE);
        f.effects.clear();
        return f;
    }

    @Test
    @Normative({"5.0/4.3.1-1", "5.0/4.3.2-1", "5.0/4.3.2-2", "5.0/4.3.3-1", "5.0/4.3.3-2", "5.0/3.3.1-2", "5.0/2.2.1-4"
    })
    void the_first_transmission_has_no_dup_and_an_identifier_above_qos_0() {
        SessionFixture f = attached(Request.resume());

        f.deliver("a", QoS.AT_MOST_ONCE);
        f.deliver("b", QoS.AT_LEAST_ONCE);
        f.deliver("c", QoS.EXACTLY_ONCE);

        assertThat(f.effects.take()).containsExactly("PUBLISH a qos0", "PUBLISH b qos1 #1", "PUBLISH c qos2 #2");
    }

    @Test
    @Normative({"5.0/3.3.4-9", "5.0/3.3.4-10", "5.0/4.9.0-1", "5.0/4.9.0-2", "5.0/4.9.0-3"})
    @OftenWrong(20)
    void the_receive_maximum_holds_qos_1_and_2_back_and_nothing_else() {
        SessionFixture f = attached(Request.resume().receiveMaximum(2));

        f.deliver("a", QoS.AT_LEAST_ONCE);
        f.deliver("b", QoS.EXACTLY_ONCE);
        f.deliver("c", QoS.AT_LEAST_ONCE);
        f.deliver("d", QoS.AT_MOST_ONCE);
        f.publishQos2(9, "x");

        assertThat(f.effects.take())
                .containsExactly(
                        "PUBLISH a qos1 #1", "PUBLISH b qos2 #2", "PUBLISH d qos0", "route x", "PUBREC #9 0x00");
        assertThat(f.session.queueLength()).isEqualTo(1);
    }

    @Test
    @Normative({"5.0/4.9.0-2", "5.0/4.3.2-3", "5.0/4.3.3-3", "5.0/4.3.3-5", "5.0/4.3.3-4"})
    @OftenWrong(20)
    void credit_returns_on_puback_and_pubcomp_but_not_on_pubrec() {
        SessionFixture f = attached(Request.resume().receiveMaximum(1));
        f.deliver("a", QoS.AT_LEAST_ONCE);
        f.deliver("b", QoS.EXACTLY_ONCE);
        f.deliver("c", QoS.AT_LEAST_ONCE);
        f.effects.take();

        f.acknowledge(PacketType.PUBACK, 1);
        assertThat(f.effects.take()).containsExactly("PUBLISH b qos2 #2");
        f.acknowledge(PacketType.PUBREC, 2);
        assertThat(f.effects.take()).containsExactly("PUBREL #2 0x00");
        f.acknowledge(PacketType.PUBCOMP, 2);
        assertThat(f.effects.take()).containsExactly("PUBLISH c qos1 #3");
        f.acknowledge(PacketType.PUBACK, 3);

        assertThat(f.session.inflightCount()).isZero();
    }

    @Test
    @Normative({"5.0/4.3.3-4", "5.0/4.3.3-9", "5.0/4.9.0-2", "5.0/4.4.0-2"})
    @OftenWrong(35)
    void an_error_pubrec_ends_the_exchange_and_frees_its_place() {
        SessionFixture f = attached(Request.resume().receiveMaximum(1));
        f.deliver("a", QoS.EXACTLY_ONCE);
        f.deliver("b", QoS.EXACTLY_ONCE);
        f.effects.take();

        f.acknowledge(PacketType.PUBREC, 1, ReasonCode.QUOTA_EXCEEDED);

        assertThat(f.effects.take()).containsExactly("PUBLISH b qos2 #2");
        f.effects.clear();
        f.attach(Request.resume());
        assertThat(topics(f.effects.publishes())).containsExactly("b");
    }

    @Test
    @Normative("5.0/4.4.0-2")
    void an_error_puback_ends_the_exchange_too() {
        SessionFixture f = attached(Request.resume());
        f.deliver("a", QoS.AT_LEAST_ONCE);

        f.acknowledge(PacketType.PUBACK, 1, ReasonCode.NOT_AUTHORIZED);

        assertThat(f.session.inflightCount()).isZero();
    }

    @Test
    @Normative({"5.0/3.6.2-1", "5.0/3.7.2-1"})
    @OftenWrong(37)
    void acknowledgements_of_unknown_identifiers_harm_nothing() {
        SessionFixture f = attached(Request.resume());

        f.acknowledge(PacketType.PUBACK, 5);
        f.acknowledge(PacketType.PUBCOMP, 5);
        f.acknowledge(PacketType.PUBREC, 5, ReasonCode.QUOTA_EXCEEDED);
        f.acknowledge(PacketType.PUBREC, 5);

        assertThat(f.effects.take()).containsExactly("PUBREL #5 0x92");
        f.attach(Request.resume().version(MqttVersion.V3_1_1));
        f.effects.take();
        f.acknowledge(PacketType.PUBREC, 5);
        assertThat(f.effects.take()).containsExactly("PUBREL #5 0x00");
    }

    @Test
    @OftenWrong(37)
    void an_acknowledgement_of_the_other_qos_completes_nothing() {
        SessionFixture f = attached(Request.resume());
        f.deliver("one", QoS.AT_LEAST_ONCE);
        f.deliver("two", QoS.EXACTLY_ONCE);
        f.effects.take();

        f.acknowledge(PacketType.PUBREC, 1);
        f.acknowledge(PacketType.PUBCOMP, 1);
        f.acknowledge(PacketType.PUBACK, 2);
        f.acknowledge(PacketType.PUBCOMP, 2);

        assertThat(f.effects.take()).isEmpty();
        assertThat(f.session.inflightCount()).isEqualTo(2);
    }

    @Test
    @Normative("5.0/4.3.3-6")
    void a_repeated_pubrec_gets_pubrel_again() {
        SessionFixture f = attached(Request.resume());
        f.deliver("a", QoS.EXACTLY_ONCE);
        f.acknowledge(PacketType.PUBREC, 1);
        f.effects.take();

        f.acknowledge(PacketType.PUBREC, 1);

        assertThat(f.effects.take()).containsExactly("PUBREL #1 0x00");
        assertThat(f.session.inflightCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"V5", "V3_1_1", "V3_1"})
    @Normative({"5.0/4.4.0-1", "5.0/3.3.1-1", "5.0/4.6.0-1", "5.0/4.6.0-4", "5.0/4.3.3-6", "311/4.4.0-1", "311/3.3.1-1"
    })
    @OftenWrong(36)
    void resume_sends_again_what_is_not_complete_with_its_identifiers_and_in_order(MqttVersion version) {
        SessionFixture f = attached(Request.resume().version(version));
        f.deliver("one", QoS.AT_LEAST_ONCE);
        f.deliver("two", QoS.EXACTLY_ONCE);
        f.deliver("three", QoS.EXACTLY_ONCE);
        f.deliver("four", QoS.EXACTLY_ONCE);
        f.deliver("five", QoS.AT_LEAST_ONCE);
        f.deliver("zero", QoS.AT_MOST_ONCE);
        f.acknowledge(PacketType.PUBREC, 4);
        f.acknowledge(PacketType.PUBREC, 2);
        f.detach(Detail.PEER_RESET);
        f.deliver("six", QoS.AT_LEAST_ONCE);
        f.effects.take();

        f.attach(Request.resume().version(version));

        assertThat(f.effects.take())
                .containsExactly(
                        "cancel EXPIRY",
                        "attached 2 present=1",
                        "PUBREL #4 0x00",
                        "PUBREL #2 0x00",
                        "PUBLISH one qos1 #1 dup",
                        "PUBLISH three qos2 #3 dup",
                        "PUBLISH five qos1 #5 dup",
                        "PUBLISH six qos1 #6");
    }

    @Test
    @Normative({"5.0/3.3.4-9", "5.0/4.4.0-1"})
    @OftenWrong(20)
    void resume_with_a_smaller_receive_maximum_sends_only_that_many_and_drains_the_rest() {
        SessionFixture f = attached(Request.resume());
        SessionFixture.numbered("m", 4).forEach(topic -> f.deliver(topic, QoS.AT_LEAST_ONCE));
        f.detach(Detail.PEER_RESET);
        f.deliver("new", QoS.AT_LEAST_ONCE);
        f.effects.clear();

        f.attach(Request.resume().receiveMaximum(2));

        assertThat(topics(f.effects.publishes())).containsExactly("m0", "m1");
        f.deliver("newer", QoS.AT_LEAST_ONCE);
        f.acknowledge(PacketType.PUBACK, 3);
        assertThat(f.effects.publishes()).as("an early PUBACK frees no room").isEmpty();
        f.acknowledge(PacketType.PUBACK, 1);
        assertThat(topics(f.effects.publishes())).containsExactly("m3");
        f.acknowledge(PacketType.PUBACK, 2);
        f.acknowledge(PacketType.PUBACK, 4);
        List<Packet.Publish> rest = f.effects.publishes();
        assertThat(topics(rest)).containsExactly("new", "newer");
        assertThat(rest).noneMatch(Packet.Publish::dup);
    }

    @Test
    @Normative({"5.0/3.3.4-9", "5.0/4.3.3-6"})
    void a_pubrec_before_the_message_was_sent_again_is_taken_and_its_pubrel_counts() {
        SessionFixture f = attached(Request.resume());
        f.deliver("a", QoS.EXACTLY_ONCE);
        f.deliver("b", QoS.EXACTLY_ONCE);
        f.effects.writableFor = 0;
        f.attach(Request.resume().receiveMaximum(1));
        f.effects.take();
        f.effects.writableFor = 10;

        f.acknowledge(PacketType.PUBREC, 1);
        assertThat(f.effects.take()).containsExactly("PUBREL #1 0x00");
        f.acknowledge(PacketType.PUBCOMP, 1);

        assertThat(f.effects.take()).containsExactly("PUBLISH b qos2 #2 dup");
    }

    @Test
    @Normative({"5.0/4.6.0-1", "5.0/4.6.0-5"})
    void a_new_message_does_not_overtake_one_that_is_to_be_sent_again() {
        SessionFixture f = attached(Request.resume());
        f.deliver("old", QoS.AT_LEAST_ONCE);
        f.effects.writableFor = 0;
        f.attach(Request.resume());
        f.effects.clear();
        f.effects.writableFor = 10;

        f.deliver("new", QoS.AT_LEAST_ONCE);
        f.writable();

        assertThat(topics(f.effects.publishes())).containsExactly("old", "new");
    }

    @Test
    @Normative("5.0/3.3.4-9")
    @OftenWrong(20)
    void open_pubrels_count_against_the_window_of_the_new_connection() {
        SessionFixture f = attached(Request.resume());
        f.deliver("a", QoS.EXACTLY_ONCE);
        f.acknowledge(PacketType.PUBREC, 1);
        f.deliver("b", QoS.EXACTLY_ONCE);
        f.effects.clear();

        f.attach(Request.resume().receiveMaximum(1));

        assertThat(f.effects.publishes()).isEmpty();
        f.acknowledge(PacketType.PUBCOMP, 1);
        assertThat(topics(f.effects.publishes())).containsExactly("b");
    }

    @Test
    @Normative({"5.0/2.2.1-4", "5.0/4.3.2-1"})
    void packet_identifiers_wrap_around_and_skip_those_in_use() {
        SessionFixture f = attached(Request.resume().receiveMaximum(65_535));
        f.deliver("stuck", QoS.EXACTLY_ONCE);
        assertThat(f.effects.take()).containsExactly("PUBLISH stuck qos2 #1");
        f.effects.clear();
        Set<Integer> ids = new HashSet<>();

        for (int i = 0; i < 70_000; i++) {
            f.deliver("t", QoS.AT_LEAST_ONCE);
            int packetId = f.effects.publishes().get(0).packetId();
            ids.add(packetId);
            f.acknowledge(PacketType.PUBACK, packetId);
            f.effects.clear();
        }

        assertThat(ids).hasSizeGreaterThan(32_000).doesNotContain(0, 1).allMatch(id -> id <= 65_535);
    }

    @Test
    @Normative("5.0/2.2.1-4")
    void a_full_window_of_65535_has_an_identifier_for_each() {
        SessionFixture f = attached(Request.resume().receiveMaximum(65_535));
        Message message = f.message("t", QoS.AT_LEAST_ONCE);
        for (int i = 0; i < 65_535; i++) {
            f.deliver(message);
        }
        Set<Integer> ids = new HashSet<>();
        f.effects.publishes().forEach(publish -> ids.add(publish.packetId()));

        f.deliver(message);

        assertThat(ids).hasSize(65_535).doesNotContain(0);
        assertThat(f.effects.publishes()).isEmpty();
        assertThat(f.session.queueLength()).isEqualTo(1);
    }

    @Test
    @Normative({"5.0/4.6.0-5", "5.0/4.6.0-6"})
    void a_new_message_does_not_overtake_one_that_waits() {
        SessionFixture f = attached(Request.resume().receiveMaximum(1));
        f.deliver("1", QoS.AT_LEAST_ONCE);
        f.deliver("2", QoS.AT_LEAST_ONCE);
        f.effects.writableFor = 0;
        f.acknowledge(PacketType.PUBACK, 1);
        f.effects.writableFor = 10;
        f.deliver("3", QoS.AT_LEAST_ONCE);
        f.writable();
        f.acknowledge(PacketType.PUBACK, 2);

        assertThat(topics(f.effects.publishes())).containsExactly("1", "2", "3");
    }

    @Test
    void a_slow_client_lets_messages_wait_within_the_limits_and_then_takes_them() {
        SessionFixture f = attached(new SessionFixture(new SessionLimits(3, 1000, false, 2)), Request.resume());
        f.effects.writableFor = 0;

        f.deliver("q0-1", QoS.AT_MOST_ONCE);
        f.deliver("q1-1", QoS.AT_LEAST_ONCE);
        f.deliver("q0-2", QoS.AT_MOST_ONCE);
        f.deliver("q1-2", QoS.AT_LEAST_ONCE);

        assertThat(f.effects.take()).as("QoS 0 is given up first").containsExactly("dropped QUEUE_FULL q0-1");
        f.effects.writableFor = 10;
        f.writable();
        assertThat(topics(f.effects.publishes())).containsExactly("q1-1", "q1-2", "q0-2");
        assertThat(f.session.dropped()).isEqualTo(1);
    }

    @Test
    void qos_0_that_finds_the_queue_full_of_others_is_dropped_itself() {
        SessionFixture f = attached(new SessionFixture(new SessionLimits(1, 1000, false, 2)), Request.resume());
        f.effects.writableFor = 0;

        f.deliver("q1", QoS.AT_LEAST_ONCE);
        f.deliver("q0", QoS.AT_MOST_ONCE);

        assertThat(f.effects.take()).containsExactly("dropped QUEUE_FULL q0");
    }

    @Test
    void the_oldest_goes_when_the_queue_is_full_by_count_or_by_bytes() {
        SessionFixture f = attached(new SessionFixture(new SessionLimits(3, 25, true, 2)), Request.resume());
        f.detach(Detail.PEER_FIN);
        f.effects.take();

        f.deliver("a", QoS.AT_LEAST_ONCE);
        f.deliver("b", QoS.AT_LEAST_ONCE);
        f.deliver("c", QoS.AT_LEAST_ONCE);

        assertThat(f.effects.take()).containsExactly("dropped QUEUE_FULL a");
        assertThat(f.session.queuedBytes()).isEqualTo(22);
        f.deliver(new Message(
                "big", Bytes.wrap(new byte[100]), QoS.AT_LEAST_ONCE, false, Properties.NONE, "publisher", 0));
        assertThat(f.effects.take()).containsExactly("dropped QUEUE_FULL big");
        assertThat(f.session.queueLength()).isEqualTo(2);
    }

    @Test
    void qos_0_waits_for_a_client_that_is_away_only_if_the_limits_say_so() {
        SessionFixture no = attached(new SessionFixture(new SessionLimits(9, 999, false, 2)), Request.resume());
        SessionFixture yes = attached(new SessionFixture(new SessionLimits(9, 999, true, 2)), Request.resume());
        for (SessionFixture f : List.of(no, yes)) {
            f.effects.writableFor = 0;
            f.deliver("before", QoS.AT_MOST_ONCE);
            f.detach(Detail.PEER_FIN);
            f.deliver("after", QoS.AT_MOST_ONCE);
            f.effects.writableFor = 10;
        }

        assertThat(no.effects.take()).contains("dropped NOT_WRITABLE before", "dropped NOT_WRITABLE after");
        yes.effects.clear();
        yes.attach(Request.resume());
        assertThat(topics(yes.effects.publishes())).containsExactly("before", "after");
    }

    @Test
    @Normative({"5.0/3.3.2-5", "5.0/3.3.2-6"})
    @OftenWrong(6)
    void message_expiry_counts_the_time_that_a_message_waited() {
        SessionFixture f = attached(Request.resume());
        f.detach(Detail.PEER_FIN);
        f.deliver(f.expiring("short", QoS.AT_LEAST_ONCE, 5));
        f.deliver(f.expiring("long", QoS.AT_LEAST_ONCE, 60));
        f.effects.clear();

        f.now = 5_999;
        f.attach(Request.resume());

        assertThat(f.effects.take())
                .containsExactly(
                        "cancel EXPIRY", "attached 2 present=1", "dropped EXPIRED short", "PUBLISH long qos1 #1");
        Packet.Publish sent = f.effects.publishes().get(0);
        assertThat(sent.properties().getLong(Property.MESSAGE_EXPIRY_INTERVAL, -1))
                .isEqualTo(55);
    }

    @Test
    @Normative({"5.0/4.3.3-7", "5.0/4.3.3-13", "5.0/4.4.0-1"})
    @OftenWrong(7)
    void a_message_that_was_sent_once_does_not_expire() {
        SessionFixture f = attached(Request.resume());
        f.deliver(f.expiring("two", QoS.EXACTLY_ONCE, 5));
        f.deliver(f.expiring("one", QoS.AT_LEAST_ONCE, 5));
        f.detach(Detail.PEER_FIN);
        f.effects.clear();

        f.now = 50_000;
        f.attach(Request.resume());

        assertThat(topics(f.effects.publishes())).containsExactly("two", "one");
        f.acknowledge(PacketType.PUBREC, 1);
        assertThat(f.effects.take()).containsExactly("PUBREL #1 0x00");
    }

    @Test
    @Normative({"5.0/3.1.2-24", "5.0/3.1.2-25"})
    @OftenWrong(22)
    void a_publish_that_is_too_large_counts_as_sent() {
        int exactly = 2 + 2 + 1 + 2 + 1 + 10;
        SessionFixture f = attached(Request.resume().receiveMaximum(1).maximumPacketSize(exactly));

        f.deliver("t", QoS.AT_LEAST_ONCE);
        f.deliver("tt", QoS.AT_LEAST_ONCE);
        f.deliver("u", QoS.AT_LEAST_ONCE);
        f.acknowledge(PacketType.PUBACK, 1);

        assertThat(f.effects.take()).containsExactly("PUBLISH t qos1 #1", "dropped TOO_LARGE tt", "PUBLISH u qos1 #2");
    }

    @Test
    @Normative({"5.0/3.1.2-24", "5.0/3.1.2-25"})
    @OftenWrong(22)
    void resume_with_a_smaller_maximum_packet_size_gives_up_what_no_longer_fits() {
        SessionFixture f = attached(Request.resume());
        f.deliver("too/long/a/topic", QoS.EXACTLY_ONCE);
        f.deliver("t", QoS.AT_LEAST_ONCE);
        f.effects.take();

        f.attach(Request.resume().receiveMaximum(1).maximumPacketSize(20));

        assertThat(f.effects.take()).containsSubsequence("dropped TOO_LARGE too/long/a/topic", "PUBLISH t qos1 #2 dup");
        assertThat(f.session.inflightCount()).isEqualTo(1);
    }

    @Test
    @Normative({"5.0/3.3.4-3", "5.0/3.3.4-4", "5.0/3.3.2-17", "5.0/3.3.2-18"})
    void identifiers_of_all_matching_subscriptions_follow_the_publishers_properties() {
        SessionFixture f = attached(Request.resume());
        Properties published = Properties.builder()
                .add(Property.USER_PROPERTY, new UserProperty("k", "1"))
                .add(Property.USER_PROPERTY, new UserProperty("k", "2"))
                .build();
        Message message = new Message("t", Bytes.EMPTY, QoS.AT_LEAST_ONCE, false, published, "p", 0);
        f.session.deliver(new Delivery(message, QoS.AT_MOST_ONCE, true, List.of(7, 9), null), 0, f.effects);

        Packet.Publish sent = f.effects.publishes().get(0);

        assertThat(sent.properties().subscriptionIdentifiers()).containsExactly(7, 9);
        assertThat(sent.properties().userProperties()).isEqualTo(published.userProperties());
        assertThat(sent.qos()).isEqualTo(QoS.AT_MOST_ONCE);
        assertThat(sent.retain()).isTrue();
    }

    @Test
    void a_3_1_1_client_gets_no_properties() {
        SessionFixture f = attached(Request.resume().version(MqttVersion.V3_1_1));
        Message message = f.expiring("t", QoS.AT_LEAST_ONCE, 60);

        f.session.deliver(new Delivery(message, QoS.AT_LEAST_ONCE, false, List.of(7), null), 0, f.effects);

        assertThat(f.effects.publishes().get(0).properties().isEmpty()).isTrue();
    }

    @Test
    @Normative("5.0/4.4.0-1")
    @OftenWrong(36)
    void no_time_that_passes_sends_anything_again() {
        SessionFixture f = attached(Request.resume());
        f.deliver("one", QoS.AT_LEAST_ONCE);
        f.deliver("two", QoS.EXACTLY_ONCE);
        f.deliver("three", QoS.EXACTLY_ONCE);
        f.acknowledge(PacketType.PUBREC, 3);
        f.effects.take();

        f.now = 86_400_000;
        f.writable();
        f.deliver("new", QoS.AT_LEAST_ONCE);
        f.subscribe("u", QoS.AT_LEAST_ONCE);

        assertThat(f.effects.take()).containsExactly("PUBLISH new qos1 #4", "subscribe u", "SUBACK #2 [0x01]");
    }

    @Test
    @Normative({"5.0/3.3.2-5", "5.0/3.3.2-6"})
    @OftenWrong(6)
    void an_expiry_of_0_is_sent_straight_on_or_not_at_all() {
        SessionFixture f = attached(Request.resume().receiveMaximum(1));

        f.deliver(f.expiring("now", QoS.AT_LEAST_ONCE, 0));
        f.deliver(f.expiring("no room", QoS.AT_LEAST_ONCE, 0));
        f.acknowledge(PacketType.PUBACK, 1);
        Message late = f.expiring("late", QoS.AT_LEAST_ONCE, 0);
        f.now = 1_000;
        f.deliver(late);
        f.detach(Detail.PEER_FIN);
        f.deliver(f.expiring("away", QoS.AT_LEAST_ONCE, 0));

        assertThat(f.effects.take())
                .containsExactly(
                        "PUBLISH now qos1 #1",
                        "dropped EXPIRED no room",
                        "dropped EXPIRED late",
                        "start EXPIRY 101000",
                        "dropped EXPIRED away");
    }

    @Test
    @Normative("5.0/4.8.2-5")
    @OftenWrong(18)
    void a_session_that_ends_hands_on_what_was_shared_and_not_taken_but_no_qos_2_that_was_sent() {
        SessionFixture f = attached(Request.resume().receiveMaximum(4));
        f.session.deliver(shared(f, "two sent", QoS.EXACTLY_ONCE), 0, f.effects);
        f.session.deliver(shared(f, "one sent", QoS.AT_LEAST_ONCE), 0, f.effects);
        f.session.deliver(shared(f, "two released", QoS.EXACTLY_ONCE), 0, f.effects);
        f.session.deliver(shared(f, "one taken", QoS.AT_LEAST_ONCE), 0, f.effects);
        f.acknowledge(PacketType.PUBREC, 3);
        f.acknowledge(PacketType.PUBACK, 4);
        f.detach(Detail.PEER_RESET);
        f.deliver("plain", QoS.AT_LEAST_ONCE);
        f.session.deliver(shared(f, "two waits", QoS.EXACTLY_ONCE), 0, f.effects);
        f.session.deliver(shared(f, "one waits", QoS.AT_LEAST_ONCE), 0, f.effects);
        f.effects.take();

        f.attach(Request.clean());

        assertThat(f.effects.take())
                .containsExactly(
                        "cancel EXPIRY",
                        "unsubscribe #",
                        "hand on one sent",
                        "dropped SESSION_ENDED plain",
                        "hand on two waits",
                        "hand on one waits",
                        "attached 2 present=0");
    }

    @Test
    void what_is_on_its_way_when_the_last_subscription_goes_is_handed_on_too_and_counted_if_nobody_is_left() {
        SessionFixture f = attached(Request.resume());
        f.unsubscribe("#");
        f.effects.take();

        f.session.deliver(shared(f, "to another", QoS.AT_LEAST_ONCE), 0, f.effects);
        f.effects.members = 0;
        f.session.deliver(shared(f, "lost", QoS.AT_LEAST_ONCE), 0, f.effects);

        assertThat(f.effects.take())
                .containsExactly("hand on to another", "hand on lost to nobody", "dropped SESSION_ENDED lost");
    }

    private static Delivery shared(SessionFixture f, String topic, QoS qos) {
        return new Delivery(f.message(topic, qos), qos, false, List.of(), "$share/g/#");
    }
}
