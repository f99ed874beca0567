package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Retained messages: what is kept, what a SUBSCRIBE brings, and which RETAIN flag goes out. */
@ExtendWith(StandardBroker.class)
class RetainedTest {
    private final String topic = Client.fresh("retained/");

    private static SubscriptionOptions options(int qos, boolean retainAsPublished, int retainHandling) {
        return new SubscriptionOptions(QoS.of(qos), false, retainAsPublished, retainHandling);
    }

    private static SubscriptionOptions handling(int retainHandling) {
        return options(0, false, retainHandling);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative("5.0/3.3.1-5")
    void the_last_one_is_kept_with_its_qos_and_properties(int qos) throws IOException {
        try (Client publisher = Client.open();
                Client late = Client.open()) {
            Properties first = Properties.of(Property.CONTENT_TYPE, "first").with(Property.RESPONSE_TOPIC, "r");
            publisher.publish(topic, "first", 2, true, first);
            publisher.publish(topic, "second", qos, true, Properties.of(Property.CONTENT_TYPE, "second"));

            late.subscribe(topic, 2);

            Packet.Publish kept = late.only();
            assertThat(kept.payload().text()).isEqualTo("second");
            assertThat(kept.qos()).isEqualTo(QoS.of(qos));
            assertThat(kept.properties()).isEqualTo(Properties.of(Property.CONTENT_TYPE, "second"));
            assertThat(kept.retain()).isTrue();
            assertThat(kept.dup()).isFalse();
            publisher.retain(topic, "");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative({"5.0/3.3.1-6", "5.0/3.3.1-7"})
    void an_empty_one_is_delivered_deletes_what_was_kept_and_is_not_kept_itself(int qos) throws IOException {
        try (Client publisher = Client.open();
                Client live = Client.open();
                Client late = Client.open()) {
            publisher.retain(topic, "kept");
            live.subscribe(topic, options(2, true, 2), 0);

            publisher.publish(topic, "", qos, true, Properties.NONE);
            publisher.publish(topic + "/fresh", "", qos, true, Properties.NONE);
            late.subscribe(topic + "/#", 2);

            Packet.Publish empty = live.only();
            assertThat(empty.payload().isEmpty()).isTrue();
            assertThat(empty.qos()).isEqualTo(QoS.of(qos));
            assertThat(empty.retain()).as("Retain As Published").isTrue();
            assertThat(late.arrived()).isEmpty();
        }
    }

    @Test
    @Normative("5.0/3.3.1-8")
    void a_plain_message_leaves_what_is_kept_alone_even_if_it_is_empty() throws IOException {
        try (Client publisher = Client.open();
                Client late = Client.open()) {
            publisher.retain(topic, "kept");
            publisher.publish(topic, "plain", 1);
            publisher.publish(topic, "", 1);
            publisher.publish(topic + "/never", "plain", 1);

            late.subscribe(topic + "/#", 0);

            assertThat(late.payloads()).containsExactly("kept");
            publisher.retain(topic, "");
        }
    }

    @Test
    @Normative({"5.0/3.3.1-9", "5.0/3.3.1-10", "5.0/3.3.1-11"})
    @OftenWrong(14)
    void retain_handling_says_what_a_subscribe_brings() throws IOException {
        Client client = Client.lasting();
        try (Client publisher = Client.open()) {
            publisher.retain(topic, "kept");

            client.subscribe(topic, handling(2), 0);
            assertThat(client.payloads()).as("2, new").isEmpty();
            client.subscribe(topic, handling(1), 0);
            assertThat(client.payloads()).as("1, held").isEmpty();
            client.subscribe(topic, options(2, true, 1), 9);
            assertThat(client.payloads()).as("1, held, with other options").isEmpty();
            client.subscribe(topic, handling(0), 0);
            assertThat(client.payloads()).as("0, held").containsExactly("kept");
            client.subscribe(topic, handling(0), 0);
            assertThat(client.payloads()).as("0, again").containsExactly("kept");
            client.leave();

            client = client.comeBack();
            assertThat(client.payloads()).as("resume alone").isEmpty();
            client.subscribe(topic, handling(1), 0);
            assertThat(client.payloads()).as("1, held from before the resume").isEmpty();
            client.subscribe(topic + "/#", handling(1), 0);
            assertThat(client.payloads())
                    .as("1, another filter that matches it")
                    .containsExactly("kept");
            client.subscribe(topic, handling(0), 0);
            assertThat(client.only().retain()).as("0, after the resume").isTrue();
            client.unsubscribe(topic);
            client.subscribe(topic, handling(1), 0);
            assertThat(client.payloads()).as("1, new after UNSUBSCRIBE").containsExactly("kept");
            client.unsubscribe(topic);
            client.subscribe(topic, handling(2), 0);
            publisher.retain(topic, "live");
            assertThat(client.payloads()).as("2, live").containsExactly("live");
            client.leave();

            try (Client fresh = Client.connect(client.id, true, Properties.NONE)) {
                fresh.subscribe(topic, handling(1), 0);
                assertThat(fresh.payloads()).as("1, new after Clean Start").containsExactly("live");
            }
            publisher.retain(topic, "");
        }
    }

    @Test
    @Normative({"5.0/3.3.1-9", "5.0/3.3.1-10", "5.0/3.8.4-5"})
    @OftenWrong({14, 19})
    void each_filter_of_a_subscribe_decides_for_itself() throws IOException {
        try (Client publisher = Client.open();
                Client client = Client.open()) {
            publisher.retain(topic + "/a", "a");
            publisher.retain(topic + "/b", "b");
            client.subscribe(topic + "/a", handling(2), 0);

            client.subscribe(
                    Properties.NONE,
                    new SubscriptionRequest(topic + "/a", handling(1)),
                    new SubscriptionRequest(topic + "/b", handling(1)),
                    new SubscriptionRequest(topic + "/+", handling(0)),
                    new SubscriptionRequest(topic + "/b", handling(1)),
                    new SubscriptionRequest(topic + "/b", handling(0)));

            assertThat(client.payloads())
                    .as("as from five packets: nothing, b, both, nothing, b")
                    .containsExactlyInAnyOrder("b", "a", "b", "b");
            publisher.retain(topic + "/a", "");
            publisher.retain(topic + "/b", "");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Normative({"5.0/3.3.1-12", "5.0/3.3.1-13", "5.0/3.8.3.1"})
    @OftenWrong(15)
    void retain_as_published_is_about_live_messages_and_not_about_replay(boolean asPublished) throws IOException {
        Client client = Client.lasting();
        try (Client publisher = Client.open()) {
            publisher.retain(topic, "old");
            client.subscribe(topic, options(1, asPublished, 0), 0);
            assertThat(client.only().retain()).as("replay").isTrue();

            publisher.retain(topic, "live");
            publisher.publish(topic, "plain", 1);
            List<Packet.Publish> live = client.arrived();
            for (Packet.Publish publish : live) {
                client.acknowledge(PacketType.PUBACK, publish.packetId());
            }
            client.leave();
            publisher.retain(topic, "queued");
            publisher.publish(topic, "plain queued", 1);
            client = client.comeBack();
            List<Packet.Publish> queued =
                    client.arrived().stream().filter(publish -> !publish.dup()).toList();

            assertThat(Client.texts(live)).containsExactly("live", "plain");
            assertThat(live).extracting(Packet.Publish::retain).containsExactly(asPublished, false);
            assertThat(Client.texts(queued)).containsExactly("queued", "plain queued");
            assertThat(queued).extracting(Packet.Publish::retain).containsExactly(asPublished, false);
            client.close();
            publisher.retain(topic, "");
        }
    }

    @Test
    @Normative({"5.0/3.3.1-12", "5.0/3.3.1-13"})
    @OftenWrong(15)
    void retain_as_published_holds_for_shared_subscriptions_too() throws IOException {
        try (Client publisher = Client.open();
                Client cleared = Client.open();
                Client kept = Client.open()) {
            cleared.subscribe("$share/cleared/" + topic, options(0, false, 0), 0);
            kept.subscribe("$share/kept/" + topic, options(0, true, 0), 0);

            publisher.retain(topic, "m");

            assertThat(cleared.only().retain()).isFalse();
            assertThat(kept.only().retain()).isTrue();
            publisher.retain(topic, "");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Normative("5.0/4.8.2")
    @OftenWrong(16)
    void a_shared_subscription_brings_nothing_that_is_kept_but_live_ones_like_all_others(int retainHandling)
            throws IOException {
        try (Client publisher = Client.open();
                Client client = Client.lasting()) {
            publisher.retain(topic, "kept");

            client.subscribe("$share/g/" + topic, handling(retainHandling), 0);
            client.subscribe("$share/g/" + topic, handling(retainHandling), 0);
            assertThat(client.payloads()).isEmpty();
            client.leave();
            Client again = client.comeBack();
            assertThat(again.payloads()).isEmpty();
            publisher.retain(topic, "live");

            assertThat(again.payloads()).containsExactly("live");
            again.close();
            publisher.retain(topic, "");
        }
    }

    @Test
    @Normative("5.0/3.8.3-3")
    @OftenWrong(10)
    void with_no_local_a_client_does_not_get_back_what_it_retained_itself() throws IOException {
        try (Client publisher = Client.open();
                Client client = Client.open()) {
            client.retain(topic + "/own", "own");
            publisher.retain(topic + "/other", "other");

            client.subscribe(topic + "/+", new SubscriptionOptions(QoS.AT_MOST_ONCE, true, false, 0), 0);

            assertThat(client.payloads()).containsExactly("other");
            client.retain(topic + "/own", "");
            publisher.retain(topic + "/other", "");
        }
    }

    @Test
    @Normative("5.0/3.8.4-4")
    @OftenWrong(14)
    void no_message_is_lost_or_doubled_while_a_subscription_is_made_anew() throws Exception {
        int count = 300;
        AtomicBoolean done = new AtomicBoolean();
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe(topic, options(1, true, 0), 0);
            Thread publishing = new Thread(() -> {
                try {
                    for (int i = 0; i < count; i++) {
                        publisher.publish(topic, Integer.toString(i), 1);
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                } finally {
                    done.set(true);
                }
            });
            publishing.start();
            List<String> live = new ArrayList<>();
            for (int round = 0; !done.get(); round++) {
                client.subscribe(topic, options(1, round % 2 == 0, 0), 1 + round % 5);
                for (Packet.Publish publish : client.arrived()) {
                    client.acknowledge(PacketType.PUBACK, publish.packetId());
                    live.add(publish.payload().text());
                }
            }
            publishing.join();
            client.arrived().forEach(publish -> live.add(publish.payload().text()));

            assertThat(live).hasSize(count).doesNotHaveDuplicates();
            for (int i = 0; i < count; i++) {
                assertThat(live.get(i)).isEqualTo(Integer.toString(i));
            }
        }
    }

    @Test
    @Normative("5.0/3.3.1-7")
    void empty_ones_do_not_count_as_kept() throws IOException {
        try (Client publisher = Client.open();
                Client late = Client.open()) {
            long refused = StandardBroker.broker().broker().counters().get(Counter.RETAINED_REFUSED);
            ReasonCode code = publisher.retain(topic, "");
            publisher.retain(topic, "now there is one");
            publisher.retain(topic, "");

            late.subscribe(topic, 1);

            assertThat(code.isError()).isFalse();
            assertThat(late.arrived()).isEmpty();
            assertThat(StandardBroker.broker().broker().counters().get(Counter.RETAINED_REFUSED))
                    .isEqualTo(refused);
        }
    }
}
