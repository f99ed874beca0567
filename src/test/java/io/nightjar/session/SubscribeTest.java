package io.nightjar.session;

import static io.nightjar.session.SessionFixture.topics;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.session.SessionFixture.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SUBSCRIBE, UNSUBSCRIBE and the retained messages that follow. */
class SubscribeTest {
    private final SessionFixture f = new SessionFixture();

    @BeforeEach
    void attach() {
        f.attach(Request.resume());
        f.effects.take();
    }

    private static SubscriptionRequest request(String filter, QoS qos) {
        return new SubscriptionRequest(filter, SubscriptionOptions.of(qos));
    }

    private Message retained(String topic, QoS qos) {
        return new Message(topic, Bytes.utf8("kept"), qos, true, Properties.NONE, "publisher", 0);
    }

    private void retain(String filter, Message... messages) {
        f.effects.retained.put(filter, List.of(messages));
    }

    @Test
    @Normative({"5.0/3.8.4-1", "5.0/3.8.4-2", "5.0/3.8.4-5", "5.0/3.8.4-6", "5.0/3.8.4-7", "5.0/3.9.3-1", "5.0/2.2.1-6"
    })
    @OftenWrong(19)
    void suback_has_one_code_for_each_filter_in_order() {
        Packet.Subscribe packet = new Packet.Subscribe(
                77,
                Properties.NONE,
                List.of(
                        request("a", QoS.EXACTLY_ONCE),
                        request("b", QoS.AT_LEAST_ONCE),
                        request("c", QoS.AT_MOST_ONCE),
                        request("a", QoS.AT_LEAST_ONCE),
                        request("d", QoS.AT_LEAST_ONCE),
                        request("e", QoS.AT_LEAST_ONCE)));
        ReasonCode ok = ReasonCode.SUCCESS;

        f.session.subscribe(1, packet, List.of(ok, ReasonCode.NOT_AUTHORIZED, ok, ok, ok, ok), 0, f.effects);

        assertThat(f.effects.take())
                .containsExactly(
                        "subscribe a",
                        "subscribe c",
                        "subscribe a",
                        "subscribe d",
                        "SUBACK #77 [0x02, 0x87, 0x00, 0x01, 0x01, 0x97]");
        assertThat(f.session.subscriptions()).extracting(Subscription::filter).containsExactly("a", "c", "d");
    }

    @Test
    @Normative("5.0/3.8.4-3")
    void subscribing_again_replaces_options_and_identifier() {
        f.subscribe("a", SubscriptionOptions.of(QoS.AT_MOST_ONCE), 5);

        f.subscribe("a", new SubscriptionOptions(QoS.EXACTLY_ONCE, true, true, 2), 0);

        assertThat(f.session.subscriptions())
                .containsExactly(new Subscription("a", new SubscriptionOptions(QoS.EXACTLY_ONCE, true, true, 2), 0));
    }

    @Test
    void many_subscriptions_keep_their_order_through_every_change() {
        SessionFixture many = new SessionFixture();
        many.attach(Request.resume().maxSubscriptions(100));
        List<String> filters = new ArrayList<>(SessionFixture.numbered("f", 20).toList());
        filters.forEach(filter -> many.subscribe(filter, QoS.AT_LEAST_ONCE));

        many.unsubscribe("f3", "f0", "f19");
        filters.removeAll(List.of("f3", "f0", "f19"));

        assertThat(many.session.subscriptions())
                .extracting(Subscription::filter)
                .isEqualTo(filters);
        assertThat(many.session.subscriptionCount()).isEqualTo(17);
    }

    @Test
    @Normative({
        "5.0/3.10.4-1",
        "5.0/3.10.4-4",
        "5.0/3.10.4-5",
        "5.0/3.10.4-6",
        "5.0/3.11.3-1",
        "5.0/3.11.3-2",
        "311/3.10.4-1"
    })
    @OftenWrong(19)
    void unsubscribe_compares_exactly_and_answers_for_each_filter() {
        f.subscribe("a/#", QoS.AT_LEAST_ONCE);
        f.subscribe("$share/g/a/#", QoS.AT_LEAST_ONCE);
        f.effects.take();

        f.unsubscribe("a/b", "a/#", "a/#", "$share/g/a/#");

        assertThat(f.effects.take())
                .containsExactly("unsubscribe a/#", "unsubscribe $share/g/a/#", "UNSUBACK #3 [0x11, 0x00, 0x11, 0x00]");
    }

    @Test
    @Normative("5.0/3.10.4-3")
    void unsubscribe_finishes_what_was_begun() {
        f.subscribe("a", QoS.EXACTLY_ONCE);
        f.deliver("a", QoS.EXACTLY_ONCE);
        f.unsubscribe("a");
        f.effects.take();

        f.acknowledge(PacketType.PUBREC, 1);

        assertThat(f.effects.take()).containsExactly("PUBREL #1 0x00");
    }

    @ParameterizedTest(name = "Retain Handling {0}, already held {1}: sent {2}")
    @CsvSource({"0,false,true", "0,true,true", "1,false,true", "1,true,false", "2,false,false", "2,true,false"})
    @Normative({"5.0/3.3.1-9", "5.0/3.3.1-10", "5.0/3.3.1-11", "5.0/3.8.4-4"})
    @OftenWrong(14)
    void retain_handling_decides_on_replay(int handling, boolean held, boolean sent) {
        retain("a", retained("a", QoS.AT_MOST_ONCE));
        if (held) {
            f.subscribe("a", new SubscriptionOptions(QoS.AT_LEAST_ONCE, false, false, 2), 0);
            f.detach(Detail.PEER_FIN);
            f.attach(Request.resume());
        }
        f.effects.clear();

        f.subscribe("a", new SubscriptionOptions(QoS.AT_LEAST_ONCE, false, false, handling), 0);

        assertThat(f.effects.publishes()).hasSize(sent ? 1 : 0);
    }

    @Test
    @Normative({"5.0/3.8.3.1", "5.0/3.8.4-8", "5.0/3.3.4-3"})
    @OftenWrong({12, 15})
    void replay_comes_after_suback_with_retain_1_at_the_lower_qos_and_with_the_identifier() {
        retain("a/#", retained("a/1", QoS.EXACTLY_ONCE), retained("a/2", QoS.AT_MOST_ONCE));

        f.subscribe("a/#", new SubscriptionOptions(QoS.AT_LEAST_ONCE, false, false, 0), 12);

        assertThat(f.effects.take())
                .containsExactly("subscribe a/#", "SUBACK #1 [0x01]", "PUBLISH a/1 qos1 #1", "PUBLISH a/2 qos0");
        assertThat(f.effects.publishes()).allSatisfy(publish -> {
            assertThat(publish.retain()).isTrue();
            assertThat(publish.dup()).isFalse();
            assertThat(publish.properties().subscriptionIdentifiers()).containsExactly(12);
        });
    }

    @Test
    void the_identifier_applies_to_every_filter_of_the_packet() {
        Properties properties = Properties.of(Property.SUBSCRIPTION_IDENTIFIER, 268_435_455);

        f.subscribe(properties, request("a", QoS.AT_MOST_ONCE), request("b", QoS.AT_MOST_ONCE));

        assertThat(f.session.subscriptions())
                .extracting(Subscription::identifier)
                .containsExactly(268_435_455, 268_435_455);
    }

    @Test
    @Normative("5.0/4.8.2")
    @OftenWrong(16)
    void shared_subscriptions_get_no_replay() {
        retain("$share/g/a", retained("a", QoS.AT_MOST_ONCE));
        retain("a", retained("a", QoS.AT_MOST_ONCE));

        f.subscribe("$share/g/a", QoS.AT_LEAST_ONCE);

        assertThat(f.effects.take()).containsExactly("subscribe $share/g/a", "SUBACK #1 [0x01]");
    }

    @Test
    @Normative("5.0/3.3.1-9")
    @OftenWrong(14)
    void resume_alone_brings_no_retained_messages() {
        f.subscribe("a", new SubscriptionOptions(QoS.AT_LEAST_ONCE, false, false, 2), 0);
        retain("a", retained("a", QoS.AT_MOST_ONCE));
        f.effects.clear();

        f.attach(Request.resume());

        assertThat(f.effects.publishes()).isEmpty();
    }

    @Test
    @Normative("5.0/3.8.3-3")
    @OftenWrong(10)
    void no_local_spares_the_clients_own_retained_messages() {
        Message own = new Message("a/own", Bytes.EMPTY, QoS.AT_MOST_ONCE, true, Properties.NONE, "c", 0);
        retain("a/#", own, retained("a/other", QoS.AT_MOST_ONCE));

        f.subscribe("a/#", new SubscriptionOptions(QoS.AT_LEAST_ONCE, true, false, 0), 0);

        assertThat(topics(f.effects.publishes())).containsExactly("a/other");
    }

    @Test
    @Normative({"5.0/3.3.2-5", "5.0/3.3.2-6", "5.0/3.3.2.3.3"})
    @OftenWrong(6)
    void retained_messages_expire_and_count_down_too() {
        f.now = 10_000;
        Properties expiry = Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, 60L);
        Message alive = new Message("a", Bytes.EMPTY, QoS.AT_MOST_ONCE, true, expiry, "p", 0);
        Message dead = new Message("b", Bytes.EMPTY, QoS.AT_MOST_ONCE, true, expiry, "p", -60_000);
        retain("#", dead, alive);

        f.subscribe("#", QoS.AT_MOST_ONCE);

        assertThat(f.effects.publishes()).singleElement().satisfies(publish -> assertThat(
                        publish.properties().getLong(Property.MESSAGE_EXPIRY_INTERVAL, -1))
                .isEqualTo(50));
    }

    @Test
    void a_million_retained_messages_are_pulled_only_as_the_client_takes_them() {
        List<Message> million = new ArrayList<>();
        IntStream.range(0, 100_000).forEach(i -> million.add(retained("r/" + i, QoS.AT_LEAST_ONCE)));
        f.effects.retained.put("r/#", million);
        f.attach(Request.resume().receiveMaximum(10));
        f.effects.clear();

        f.subscribe("r/#", QoS.AT_LEAST_ONCE);

        assertThat(f.effects.publishes()).hasSize(10);
        assertThat(f.effects.pulled).isLessThanOrEqualTo(11);
        assertThat(f.session.queueLength()).isZero();
        for (int id = 1; id <= 1000; id++) {
            f.acknowledge(PacketType.PUBACK, id);
        }
        assertThat(f.effects.publishes()).hasSize(1000);
        assertThat(f.effects.pulled).isLessThanOrEqualTo(1011);
    }

    @Test
    void a_client_that_takes_all_gets_retained_messages_in_pieces_and_others_their_turn_between_them() {
        List<Message> many = new ArrayList<>();
        IntStream.range(0, 2 * Outbound.AT_ONCE + 10).forEach(i -> many.add(retained("r/" + i, QoS.AT_MOST_ONCE)));
        f.effects.retained.put("r/#", many);
        f.attach(Request.resume());
        f.effects.clear();

        f.subscribe("r/#", QoS.AT_MOST_ONCE);
        List<Packet.Publish> first = f.effects.publishes();
        f.writable();
        List<Packet.Publish> second = f.effects.publishes();
        f.writable();

        assertThat(first).hasSize(Outbound.AT_ONCE);
        assertThat(second).hasSize(Outbound.AT_ONCE).first().satisfies(publish -> assertThat(publish.topic())
                .isEqualTo("r/" + Outbound.AT_ONCE));
        assertThat(f.effects.publishes()).hasSize(10);
        assertThat(f.effects.goesOnLater).isEqualTo(2);
    }

    @Test
    void replay_stops_while_the_send_buffer_is_full_and_live_messages_go_first_when_it_is_not() {
        retain("#", retained("r1", QoS.AT_MOST_ONCE), retained("r2", QoS.AT_MOST_ONCE));
        f.effects.writableFor = 1;
        f.subscribe("#", QoS.AT_LEAST_ONCE);
        f.deliver("live", QoS.AT_LEAST_ONCE);
        assertThat(topics(f.effects.publishes())).containsExactly("r1");

        f.effects.writableFor = 10;
        f.writable();

        assertThat(topics(f.effects.publishes())).containsExactly("live", "r2");
    }

    @Test
    void replay_goes_on_after_a_resume_and_stops_with_unsubscribe() {
        retain(
                "#",
                retained("r1", QoS.AT_MOST_ONCE),
                retained("r2", QoS.AT_MOST_ONCE),
                retained("r3", QoS.AT_MOST_ONCE));
        f.effects.writableFor = 1;
        f.subscribe("#", QoS.AT_LEAST_ONCE);
        f.detach(Detail.PEER_RESET);
        f.effects.writableFor = 1;
        f.attach(Request.resume());
        assertThat(topics(f.effects.publishes())).containsExactly("r1", "r2");

        f.unsubscribe("#");
        f.effects.writableFor = 10;
        f.writable();

        assertThat(f.effects.publishes()).isEmpty();
    }

    @Test
    void subscribing_again_starts_the_replay_anew_instead_of_adding_one() {
        retain("#", retained("r1", QoS.AT_MOST_ONCE), retained("r2", QoS.AT_MOST_ONCE));
        f.effects.writableFor = 0;
        f.subscribe("#", QoS.AT_LEAST_ONCE);
        f.subscribe("#", QoS.AT_LEAST_ONCE);

        f.effects.writableFor = 10;
        f.writable();

        assertThat(topics(f.effects.publishes())).containsExactly("r1", "r2");
    }
}
