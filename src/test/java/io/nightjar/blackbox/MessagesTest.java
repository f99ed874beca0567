package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PayloadFormatIndicator;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.nightjar.conformance.Normative;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What messages do between clients that others wrote, and byte for byte where those hide it. */
class MessagesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Long enough that something wrong would have come, for it would come at once. */
    private static final Duration QUIET = Duration.ofMillis(150);

    private static final Properties LASTING = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);

    @TempDir
    private static Path directory;

    private static CapturedLog log;
    private static TestBroker broker;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        broker = TestBroker.start(directory, "messages", Map.of("mqtt.receive-maximum", "20"));
    }

    @AfterAll
    static void no_error_was_logged() {
        broker.close();
        log.close();
        assertThat(log.errors()).isEmpty();
    }

    // ---- clients that others wrote

    @ParameterizedTest
    @EnumSource(MqttQos.class)
    void messages_go_between_hivemq_clients_with_all_their_properties(MqttQos qos) throws InterruptedException {
        Mqtt5BlockingClient subscriber = hive("hive-sub-" + qos);
        Mqtt5BlockingClient publisher = hive("hive-pub-" + qos);

        try (var received = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            subscriber.subscribeWith().topicFilter("hive/+/" + qos).qos(qos).send();

            publisher
                    .publishWith()
                    .topic("hive/all/" + qos)
                    .qos(qos)
                    .payload("20 °C".getBytes(StandardCharsets.UTF_8))
                    .payloadFormatIndicator(Mqtt5PayloadFormatIndicator.UTF_8)
                    .contentType("text/plain")
                    .responseTopic("answers/1")
                    .correlationData(new byte[] {1, 0, 2})
                    .userProperties()
                    .add("unit", "celsius")
                    .add("unit", "again")
                    .applyUserProperties()
                    .send();

            Mqtt5Publish message =
                    received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow();
            assertThat(message.getTopic()).hasToString("hive/all/" + qos);
            assertThat(message.getQos()).isEqualTo(qos);
            assertThat(new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("20 °C");
            assertThat(message.getPayloadFormatIndicator()).contains(Mqtt5PayloadFormatIndicator.UTF_8);
            assertThat(message.getContentType().orElseThrow()).hasToString("text/plain");
            assertThat(message.getResponseTopic().orElseThrow()).hasToString("answers/1");
            assertThat(message.getCorrelationData()).contains(ByteBuffer.wrap(new byte[] {1, 0, 2}));
            assertThat(message.getUserProperties().asList().stream()
                            .map(p -> p.getName() + "=" + p.getValue())
                            .toList())
                    .containsExactly("unit=celsius", "unit=again");
            assertThat(received.receive(QUIET.toMillis(), TimeUnit.MILLISECONDS))
                    .isEmpty();
        }
        publisher.disconnect();
        subscriber.disconnect();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative({"5.0/4.2-1"})
    void messages_keep_their_order_in_both_directions_at_every_qos(int qos) throws Exception {
        Paho3 left = new Paho3("order-left-" + qos, MqttConnectOptions.MQTT_VERSION_3_1_1);
        Paho5 right = new Paho5("order-right-" + qos);
        left.client.subscribe("to/left/" + qos, qos);
        right.client.subscribe("to/right/" + qos, qos);
        List<String> wanted = IntStream.range(0, 40).mapToObj(Integer::toString).toList();

        for (String text : wanted) {
            left.client.publish("to/right/" + qos, text.getBytes(StandardCharsets.UTF_8), qos, false);
            right.client.publish("to/left/" + qos, text.getBytes(StandardCharsets.UTF_8), qos, false);
        }

        assertThat(take(right.received, 40)).isEqualTo(wanted);
        assertThat(take(left.received, 40)).isEqualTo(wanted);
        left.close();
        right.close();
    }

    @Test
    void clients_of_3_1_and_3_1_1_and_5_understand_each_other() throws Exception {
        Paho3 oldest = new Paho3("v31", MqttConnectOptions.MQTT_VERSION_3_1);
        Paho3 old = new Paho3("v311", MqttConnectOptions.MQTT_VERSION_3_1_1);
        Paho5 present = new Paho5("v5");
        oldest.client.subscribe("versions/#", 2);
        old.client.subscribe("versions/#", 1);
        present.client.subscribe("versions/#", 0);

        oldest.client.publish("versions/a", new byte[] {'a'}, 2, false);
        old.client.publish("versions/b", new byte[] {'b'}, 2, false);
        present.client.publish("versions/c", new byte[] {'c'}, 2, false);

        assertThat(take(oldest.received, 3)).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(take(old.received, 3)).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(take(present.received, 3)).containsExactlyInAnyOrder("a", "b", "c");
        oldest.close();
        old.close();
        present.close();
    }

    @Test
    void a_payload_of_200_kilobytes_arrives_as_it_was_sent() throws InterruptedException {
        Mqtt5BlockingClient subscriber = hive("large-sub");
        Mqtt5BlockingClient publisher = hive("large-pub");
        byte[] payload = new byte[200 * 1024];
        new Random(7).nextBytes(payload);

        try (var received = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            subscriber
                    .subscribeWith()
                    .topicFilter("large")
                    .qos(MqttQos.EXACTLY_ONCE)
                    .send();

            publisher
                    .publishWith()
                    .topic("large")
                    .qos(MqttQos.EXACTLY_ONCE)
                    .payload(payload)
                    .send();

            Mqtt5Publish message =
                    received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow();
            assertThat(Arrays.equals(message.getPayloadAsBytes(), payload)).isTrue();
        }
        publisher.disconnect();
        subscriber.disconnect();
    }

    @Test
    void a_request_gets_its_response_where_it_asked_for_it() throws InterruptedException {
        Mqtt5BlockingClient asks = hive("asks");
        Mqtt5BlockingClient answers = hive("answers");
        answers.toAsync()
                .subscribeWith()
                .topicFilter("service/double")
                .callback(request -> answers.toAsync()
                        .publishWith()
                        .topic(request.getResponseTopic().orElseThrow())
                        .correlationData(request.getCorrelationData().orElseThrow())
                        .payload(new byte[] {(byte) (2 * request.getPayloadAsBytes()[0])})
                        .send())
                .send()
                .join();

        try (var received = asks.publishes(MqttGlobalPublishFilter.ALL)) {
            asks.subscribeWith().topicFilter("reply/to/asks").send();

            asks.publishWith()
                    .topic("service/double")
                    .responseTopic("reply/to/asks")
                    .correlationData(new byte[] {42})
                    .payload(new byte[] {21})
                    .send();

            Mqtt5Publish answer =
                    received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow();
            assertThat(answer.getPayloadAsBytes()).containsExactly(42);
            assertThat(answer.getCorrelationData().orElseThrow().get(0)).isEqualTo((byte) 42);
        }
        asks.disconnect();
        answers.disconnect();
    }

    // ---- retained messages

    @Test
    @Normative({"5.0/3.3.1-5", "5.0/3.3.1-6"})
    void a_retained_message_is_set_replaced_replayed_and_deleted() throws IOException {
        try (RawMqttClient publisher = open("retains");
                RawMqttClient late = open("late")) {
            retain(publisher, "kept/a", "first", 1);
            retain(publisher, "kept/a", "second", 2);

            late.subscribe(1, "kept/+", QoS.AT_MOST_ONCE);
            Packet.Publish replayed = late.expect(Packet.Publish.class);
            assertThat(replayed.payload().text()).isEqualTo("second");
            assertThat(replayed.retain()).isTrue();

            retain(publisher, "kept/a", "third", 3);
            Packet.Publish live = late.expect(Packet.Publish.class);
            assertThat(live.payload().text()).isEqualTo("third");
            assertThat(live.retain()).as("RETAIN of a live message").isFalse();

            retain(publisher, "kept/a", "", 4);
            assertThat(late.expect(Packet.Publish.class).payload().isEmpty()).isTrue();
            late.subscribe(2, "kept/+", QoS.AT_MOST_ONCE);
            assertThat(late.receive(QUIET)).isNull();
        }
    }

    @Test
    @Normative({"5.0/3.3.1-9", "5.0/3.3.1-10", "5.0/3.3.1-11", "5.0/3.3.1-13"})
    void retain_handling_and_retain_as_published_are_followed() throws IOException {
        try (RawMqttClient publisher = open("handling-pub");
                RawMqttClient client = open("handling")) {
            retain(publisher, "handling", "old", 1);

            subscribe(client, 1, "handling", new SubscriptionOptions(QoS.AT_MOST_ONCE, false, true, 2));
            assertThat(client.receive(QUIET)).as("Retain Handling 2").isNull();
            subscribe(client, 2, "handling", new SubscriptionOptions(QoS.AT_MOST_ONCE, false, true, 1));
            assertThat(client.receive(QUIET)).as("Retain Handling 1, not new").isNull();
            subscribe(client, 3, "handling", new SubscriptionOptions(QoS.AT_MOST_ONCE, false, true, 0));
            assertThat(client.expect(Packet.Publish.class).retain()).isTrue();
            retain(publisher, "handling", "new", 2);
            assertThat(client.expect(Packet.Publish.class).retain())
                    .as("Retain As Published")
                    .isTrue();

            client.send(new Packet.Unsubscribe(4, Properties.NONE, List.of("handling")));
            assertThat(client.expect(Packet.UnsubAck.class).codes()).containsExactly(ReasonCode.SUCCESS);
            subscribe(client, 5, "handling", new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 1));
            assertThat(client.expect(Packet.Publish.class).payload().text())
                    .as("Retain Handling 1, new")
                    .isEqualTo("new");
            retain(publisher, "handling", "", 3);
        }
    }

    // ---- subscriptions

    @Test
    void a_shared_subscription_gives_each_message_to_one_member() throws IOException {
        try (RawMqttClient one = open("share-1");
                RawMqttClient two = open("share-2");
                RawMqttClient publisher = open("share-pub")) {
            one.subscribe(1, "$share/team/jobs/#", QoS.AT_LEAST_ONCE);
            two.subscribe(1, "$share/team/jobs/#", QoS.AT_LEAST_ONCE);

            for (int i = 1; i <= 20; i++) {
                publisher.publish("jobs/a", Integer.toString(i), QoS.AT_LEAST_ONCE, i);
                publisher.expect(Packet.PubAck.class);
            }

            List<String> first = acknowledgeAll(one);
            List<String> second = acknowledgeAll(two);
            List<String> all = new ArrayList<>(first);
            all.addAll(second);
            assertThat(all)
                    .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 20)
                            .mapToObj(Integer::toString)
                            .toList());
            assertThat(first).isNotEmpty();
            assertThat(second).isNotEmpty();
        }
    }

    @Test
    @Normative("5.0/3.8.3-3")
    void no_local_keeps_a_client_from_its_own_messages() throws IOException {
        try (RawMqttClient client = open("no-local");
                RawMqttClient other = open("no-local-other")) {
            subscribe(client, 1, "local", new SubscriptionOptions(QoS.AT_MOST_ONCE, true, false, 0));

            client.publish("local", "mine", QoS.AT_MOST_ONCE, 0);
            assertThat(client.receive(QUIET)).isNull();
            other.publish("local", "theirs", QoS.AT_MOST_ONCE, 0);

            assertThat(client.expect(Packet.Publish.class).payload().text()).isEqualTo("theirs");
        }
    }

    @Test
    @Normative("5.0/3.3.4-3")
    void subscription_identifiers_of_overlapping_subscriptions_come_with_the_message() throws IOException {
        try (RawMqttClient client = open("identifiers");
                RawMqttClient publisher = open("identifiers-pub")) {
            subscribeWithIdentifier(client, 1, "over/#", 11, QoS.AT_MOST_ONCE);
            subscribeWithIdentifier(client, 2, "over/+", 268_435_455, QoS.AT_LEAST_ONCE);

            publisher.publish("over/x", "m", QoS.AT_LEAST_ONCE, 1);

            List<Integer> identifiers = new ArrayList<>();
            int best = 0;
            for (Packet packet = client.receive(PATIENCE); packet != null; packet = client.receive(QUIET)) {
                Packet.Publish publish = (Packet.Publish) packet;
                identifiers.addAll(publish.properties().subscriptionIdentifiers());
                best = Math.max(best, publish.qos().value());
            }
            assertThat(identifiers).containsExactlyInAnyOrder(11, 268_435_455);
            assertThat(best).as("the highest QoS granted").isEqualTo(1);
        }
    }

    @Test
    void wildcards_do_not_match_topics_that_begin_with_a_dollar_sign() throws IOException {
        try (RawMqttClient client = open("dollar");
                RawMqttClient publisher = open("dollar-pub")) {
            client.subscribe(1, "+/dollar", QoS.AT_MOST_ONCE);

            publisher.publish("$private/dollar", "no", QoS.AT_MOST_ONCE, 0);
            publisher.publish("public/dollar", "yes", QoS.AT_MOST_ONCE, 0);

            assertThat(client.expect(Packet.Publish.class).payload().text()).isEqualTo("yes");
            assertThat(client.receive(QUIET)).isNull();
        }
    }

    // ---- limits of both sides

    @Test
    @Normative("5.0/3.3.4-9")
    void no_more_than_receive_maximum_is_open_toward_a_client() throws IOException {
        Properties two = Properties.of(Property.RECEIVE_MAXIMUM, 2);
        try (RawMqttClient client = raw();
                RawMqttClient publisher = open("receive-maximum-pub")) {
            client.open("receive-maximum", true, two);
            client.subscribe(1, "window", QoS.AT_LEAST_ONCE);
            for (int i = 1; i <= 5; i++) {
                publisher.publish("window", Integer.toString(i), QoS.AT_LEAST_ONCE, i);
            }

            Packet.Publish first = client.expect(Packet.Publish.class);
            Packet.Publish second = client.expect(Packet.Publish.class);
            assertThat(client.receive(QUIET)).as("a third one").isNull();
            client.send(new Packet.PubAck(first.packetId(), ReasonCode.SUCCESS));
            Packet.Publish third = client.expect(Packet.Publish.class);
            assertThat(client.receive(QUIET)).isNull();

            assertThat(List.of(
                            first.payload().text(),
                            second.payload().text(),
                            third.payload().text()))
                    .containsExactly("1", "2", "3");
        }
    }

    @Test
    @Normative({"5.0/3.1.2-24", "5.0/3.1.2-25"})
    void a_message_larger_than_the_client_takes_is_not_sent_and_blocks_nothing() throws IOException {
        Properties small = Properties.of(Property.MAXIMUM_PACKET_SIZE, 100L);
        try (RawMqttClient client = raw();
                RawMqttClient publisher = open("size-pub")) {
            client.open("size", true, small);
            client.subscribe(1, "size", QoS.AT_LEAST_ONCE);

            publisher.publish("size", "x".repeat(200), QoS.AT_LEAST_ONCE, 1);
            publisher.publish("size", "fits", QoS.AT_LEAST_ONCE, 2);

            assertThat(client.expect(Packet.Publish.class).payload().text()).isEqualTo("fits");
        }
    }

    @Test
    void the_server_tells_its_own_limits_and_uses_topic_aliases_where_the_client_allows() throws IOException {
        Properties aliases = Properties.of(Property.TOPIC_ALIAS_MAXIMUM, 5);
        try (RawMqttClient client = raw();
                RawMqttClient publisher = raw()) {
            Packet.ConnAck answer = client.open("aliases", true, aliases);
            assertThat(answer.properties().getInt(Property.RECEIVE_MAXIMUM, 0)).isEqualTo(20);
            assertThat(answer.properties().getLong(Property.MAXIMUM_PACKET_SIZE, 0))
                    .isEqualTo(1 << 20);
            int allowed = publisher.open("aliases-pub", true).properties().getInt(Property.TOPIC_ALIAS_MAXIMUM, 0);
            assertThat(allowed).isEqualTo(64);
            client.subscribe(1, "a/long/topic", QoS.AT_MOST_ONCE);

            Properties alias = Properties.of(Property.TOPIC_ALIAS, allowed);
            publisher.send(
                    new Packet.Publish("a/long/topic", Bytes.utf8("1"), QoS.AT_MOST_ONCE, false, false, 0, alias));
            publisher.send(new Packet.Publish("", Bytes.utf8("2"), QoS.AT_MOST_ONCE, false, false, 0, alias));

            Packet.Publish first = client.expect(Packet.Publish.class);
            assertThat(first.topic()).isEqualTo("a/long/topic");
            int outbound = first.properties().getInt(Property.TOPIC_ALIAS, 0);
            assertThat(outbound).isBetween(1, 5);
            Packet.Publish second = client.expect(Packet.Publish.class);
            assertThat(second.topic()).isEmpty();
            assertThat(second.properties().getInt(Property.TOPIC_ALIAS, 0)).isEqualTo(outbound);
            assertThat(second.payload().text()).isEqualTo("2");
        }
    }

    // ---- time

    @Test
    @Normative({"5.0/3.3.2-5", "5.0/3.3.2-6"})
    void a_message_that_waited_too_long_is_gone_and_another_tells_the_time_left() throws IOException {
        try (RawMqttClient client = raw();
                RawMqttClient publisher = open("expiry-pub")) {
            client.open("expiry", true, LASTING);
            client.subscribe(1, "expiry", QoS.AT_LEAST_ONCE);
            client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
            client.awaitEnd(PATIENCE);
            publish(publisher, "expiry", "short", Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, 1L), 1);
            publish(publisher, "expiry", "long", Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, 100L), 2);
            long sent = System.nanoTime();
            await().atMost(PATIENCE).until(() -> System.nanoTime() - sent > 1_200_000_000L);

            try (RawMqttClient again = raw()) {
                assertThat(again.open("expiry", false, LASTING).sessionPresent())
                        .isTrue();

                Packet.Publish message = again.expect(Packet.Publish.class);
                assertThat(message.payload().text()).isEqualTo("long");
                assertThat(message.properties().getLong(Property.MESSAGE_EXPIRY_INTERVAL, 0))
                        .isBetween(80L, 99L);
            }
        }
    }

    @Test
    void a_will_is_published_when_the_client_is_cut_off_but_not_after_a_goodbye() throws IOException {
        try (RawMqttClient heir = open("heir")) {
            heir.subscribe(1, "will/#", QoS.AT_MOST_ONCE);

            try (RawMqttClient polite = openWithWill("polite", "will/polite", 0)) {
                polite.send(new Packet.Disconnect(ReasonCode.SUCCESS));
                polite.awaitEnd(PATIENCE);
            }
            RawMqttClient rude = openWithWill("rude", "will/rude", 0);
            rude.close();

            assertThat(heir.expect(Packet.Publish.class).topic()).isEqualTo("will/rude");
            assertThat(heir.receive(QUIET)).isNull();
        }
    }

    @Test
    @Normative("5.0/3.1.3-9")
    void a_will_with_a_delay_is_not_published_when_the_client_comes_back_in_time() throws IOException {
        try (RawMqttClient heir = open("heir-delay")) {
            heir.subscribe(1, "delayed/#", QoS.AT_MOST_ONCE);
            RawMqttClient back = openWithWill("back", "delayed/back", 2);
            RawMqttClient gone = openWithWill("gone", "delayed/gone", 1);

            back.close();
            gone.close();
            try (RawMqttClient again = raw()) {
                assertThat(again.open("back", false, LASTING).sessionPresent()).isTrue();

                assertThat(heir.receive(Duration.ofMillis(500)))
                        .as("before the delay")
                        .isNull();
                assertThat(heir.expect(Packet.Publish.class).topic()).isEqualTo("delayed/gone");
                assertThat(heir.receive(Duration.ofMillis(1_500)))
                        .as("of the one that came back")
                        .isNull();
            }
        }
    }

    // ---- sessions

    @Test
    @Normative("5.0/4.4.0-1")
    void a_session_keeps_what_came_meanwhile_and_resends_what_was_not_acknowledged() throws IOException {
        try (RawMqttClient client = raw();
                RawMqttClient publisher = open("resume-pub")) {
            client.open("resume", true, LASTING);
            client.subscribe(1, "resume", QoS.EXACTLY_ONCE);
            publish(publisher, "resume", "one", Properties.NONE, 1);
            Packet.Publish first = client.expect(Packet.Publish.class);
            assertThat(first.dup()).isFalse();
            client.shutdownOutput();
            client.awaitEnd(PATIENCE);
            await().atMost(PATIENCE).until(() -> !log.ends("resume").isEmpty());
            publish(publisher, "resume", "two", Properties.NONE, 2);

            try (RawMqttClient again = raw()) {
                assertThat(again.open("resume", false, LASTING).sessionPresent())
                        .isTrue();

                Packet.Publish resent = again.expect(Packet.Publish.class);
                assertThat(resent.payload().text()).isEqualTo("one");
                assertThat(resent.packetId()).isEqualTo(first.packetId());
                assertThat(resent.dup()).isTrue();
                Packet.Publish queued = again.expect(Packet.Publish.class);
                assertThat(queued.payload().text()).isEqualTo("two");
                assertThat(queued.dup()).isFalse();
                again.send(new Packet.PubAck(resent.packetId(), ReasonCode.SUCCESS));
                again.send(new Packet.PubAck(queued.packetId(), ReasonCode.SUCCESS));
                assertThat(again.receive(QUIET)).isNull();
            }
        }
    }

    @Test
    @Normative("5.0/4.3.3-10")
    void a_qos_2_message_that_is_sent_again_is_delivered_once() throws IOException {
        try (RawMqttClient subscriber = open("once-sub");
                RawMqttClient publisher = raw()) {
            subscriber.subscribe(1, "once", QoS.AT_MOST_ONCE);
            publisher.open("once", true, LASTING);
            publisher.publish("once", "m", QoS.EXACTLY_ONCE, 9);
            publisher.expect(Packet.PubRec.class);
            publisher.shutdownOutput();
            publisher.awaitEnd(PATIENCE);

            try (RawMqttClient again = raw()) {
                assertThat(again.open("once", false, LASTING).sessionPresent()).isTrue();
                again.send(
                        new Packet.Publish("once", Bytes.utf8("m"), QoS.EXACTLY_ONCE, false, true, 9, Properties.NONE));
                again.expect(Packet.PubRec.class);
                again.send(new Packet.PubRel(9, ReasonCode.SUCCESS));
                assertThat(again.expect(Packet.PubComp.class).code()).isEqualTo(ReasonCode.SUCCESS);
            }

            assertThat(subscriber.expect(Packet.Publish.class).payload().text()).isEqualTo("m");
            assertThat(subscriber.receive(QUIET)).isNull();
        }
    }

    @Test
    void a_session_with_expiry_zero_is_gone_with_its_connection() throws IOException {
        try (RawMqttClient client = open("short-lived")) {
            client.subscribe(1, "short-lived", QoS.AT_LEAST_ONCE);
        }
        await().atMost(PATIENCE).until(() -> broker.api().client("short-lived") == null);

        try (RawMqttClient again = raw()) {
            assertThat(again.open("short-lived", false).sessionPresent()).isFalse();
        }
    }

    // ---- helpers

    private static RawMqttClient raw() throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.port());
    }

    private static RawMqttClient open(String clientId) throws IOException {
        RawMqttClient client = raw();
        assertThat(client.open(clientId, true).code()).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    private static RawMqttClient openWithWill(String clientId, String topic, long delaySeconds) throws IOException {
        RawMqttClient client = raw();
        Properties delay = Properties.of(Property.WILL_DELAY_INTERVAL, delaySeconds);
        Will will = new Will(topic, Bytes.utf8("gone"), QoS.AT_MOST_ONCE, false, delay);
        client.send(new Packet.Connect(MqttVersion.V5, true, 0, LASTING, clientId, will, null, null));
        client.expect(Packet.ConnAck.class);
        return client;
    }

    private static void retain(RawMqttClient client, String topic, String payload, int packetId) throws IOException {
        client.send(new Packet.Publish(
                topic, Bytes.utf8(payload), QoS.AT_LEAST_ONCE, true, false, packetId, Properties.NONE));
        client.expect(Packet.PubAck.class);
    }

    private static void publish(RawMqttClient client, String topic, String payload, Properties properties, int packetId)
            throws IOException {
        UserProperty mark = new UserProperty("from", "test");
        client.send(new Packet.Publish(
                topic,
                Bytes.utf8(payload),
                QoS.AT_LEAST_ONCE,
                false,
                false,
                packetId,
                properties.with(Property.USER_PROPERTY, mark)));
        assertThat(client.expect(Packet.PubAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
    }

    private static void subscribe(RawMqttClient client, int packetId, String filter, SubscriptionOptions options)
            throws IOException {
        client.send(new Packet.Subscribe(packetId, Properties.NONE, List.of(new SubscriptionRequest(filter, options))));
        client.expect(Packet.SubAck.class);
    }

    private static void subscribeWithIdentifier(
            RawMqttClient client, int packetId, String filter, int identifier, QoS qos) throws IOException {
        client.send(new Packet.Subscribe(
                packetId,
                Properties.of(Property.SUBSCRIPTION_IDENTIFIER, identifier),
                List.of(new SubscriptionRequest(filter, SubscriptionOptions.of(qos)))));
        client.expect(Packet.SubAck.class);
    }

    /** Takes and acknowledges QoS 1 messages until no more come. */
    private static List<String> acknowledgeAll(RawMqttClient client) throws IOException {
        List<String> texts = new ArrayList<>();
        for (Packet packet = client.receive(QUIET); packet != null; packet = client.receive(QUIET)) {
            Packet.Publish publish = (Packet.Publish) packet;
            texts.add(publish.payload().text());
            client.send(new Packet.PubAck(publish.packetId(), ReasonCode.SUCCESS));
        }
        return texts;
    }

    private static List<String> take(BlockingQueue<String> queue, int count) throws InterruptedException {
        List<String> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String next = queue.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(next).as("message %d of %d", i + 1, count).isNotNull();
            taken.add(next);
        }
        return taken;
    }

    private static Mqtt5BlockingClient hive(String clientId) {
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
        client.connect();
        return client;
    }

    /** Paho's client for 3.1 and 3.1.1 with what it received. */
    private static final class Paho3 {
        final org.eclipse.paho.client.mqttv3.MqttClient client;
        final BlockingQueue<String> received = new LinkedBlockingQueue<>();

        Paho3(String clientId, int version) throws org.eclipse.paho.client.mqttv3.MqttException {
            client = new org.eclipse.paho.client.mqttv3.MqttClient(
                    "tcp://127.0.0.1:" + broker.port(),
                    clientId,
                    new org.eclipse.paho.client.mqttv3.persist.MemoryPersistence());
            MqttConnectOptions options = new MqttConnectOptions();
            options.setMqttVersion(version);
            client.setCallback(new org.eclipse.paho.client.mqttv3.MqttCallback() {
                @Override
                public void connectionLost(Throwable cause) {
                    received.add("connection lost: " + cause);
                }

                @Override
                public void messageArrived(String topic, org.eclipse.paho.client.mqttv3.MqttMessage message) {
                    received.add(new String(message.getPayload(), StandardCharsets.UTF_8));
                }

                @Override
                public void deliveryComplete(org.eclipse.paho.client.mqttv3.IMqttDeliveryToken token) {
                    // the blocking client waited for it
                }
            });
            client.connect(options);
        }

        void close() throws org.eclipse.paho.client.mqttv3.MqttException {
            client.disconnect();
            client.close();
        }
    }

    /** Paho's client for 5.0 with what it received. */
    private static final class Paho5 {
        final org.eclipse.paho.mqttv5.client.MqttClient client;
        final BlockingQueue<String> received = new LinkedBlockingQueue<>();

        Paho5(String clientId) throws org.eclipse.paho.mqttv5.common.MqttException {
            client = new org.eclipse.paho.mqttv5.client.MqttClient(
                    "tcp://127.0.0.1:" + broker.port(),
                    clientId,
                    new org.eclipse.paho.mqttv5.client.persist.MemoryPersistence());
            client.setCallback(new Received(received));
            client.connect();
        }

        void close() throws org.eclipse.paho.mqttv5.common.MqttException {
            client.disconnect();
            client.close();
        }
    }

    private record Received(BlockingQueue<String> received) implements org.eclipse.paho.mqttv5.client.MqttCallback {
        @Override
        public void messageArrived(String topic, org.eclipse.paho.mqttv5.common.MqttMessage message) {
            received.add(new String(message.getPayload(), StandardCharsets.UTF_8));
        }

        @Override
        public void disconnected(org.eclipse.paho.mqttv5.client.MqttDisconnectResponse response) {
            received.add("disconnected: " + response);
        }

        @Override
        public void mqttErrorOccurred(org.eclipse.paho.mqttv5.common.MqttException exception) {
            received.add("error: " + exception);
        }

        @Override
        public void deliveryComplete(org.eclipse.paho.mqttv5.client.IMqttToken token) {
            // the blocking client waited for it
        }

        @Override
        public void connectComplete(boolean reconnect, String serverURI) {
            // expected
        }

        @Override
        public void authPacketArrived(int reasonCode, org.eclipse.paho.mqttv5.common.packet.MqttProperties properties) {
            received.add("AUTH " + reasonCode);
        }
    }
}
