package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import java.io.IOException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which names match which filters, live, retained and shared. What is refused stands in {@link RefusedPacketsTest}. */
@ExtendWith(StandardBroker.class)
class TopicRulesTest {
    private final String root = Client.fresh("t");

    /** Names that are legal and different from each other, all below one root. */
    private List<String> names() {
        String e = "\u00e9";
        List<String> names = new ArrayList<>();
        for (String tail : List.of(
                "",
                "/",
                "//",
                "/a",
                "/a/",
                "//a",
                "/a//b",
                "/a/b",
                "/A",
                "/ a",
                "/a ",
                "/ ",
                "/" + e,
                "/" + Normalizer.normalize(e, Normalizer.Form.NFD),
                "/\uFEFFa",
                "/\u212B",
                "/\u00C5",
                "/\uFB01",
                "/fi",
                "/a\u00ADb",
                "/\uD83D\uDE00",
                "/$a",
                "/a\\b",
                "/%61",
                "/a/../b",
                "/./a",
                "/*",
                "/\u200Ba")) {
            names.add(root + tail);
        }
        return names;
    }

    /** The rule of the standard once more, by levels: another way than the broker's. */
    private static boolean matches(String filter, String name) {
        return matches(List.of(filter.split("/", -1)), List.of(name.split("/", -1)));
    }

    private static boolean matches(List<String> filter, List<String> name) {
        if (filter.isEmpty() || filter.get(0).equals("#")) {
            return !filter.isEmpty() || name.isEmpty();
        } else if (name.isEmpty()) {
            return false;
        }
        boolean here = filter.get(0).equals("+") || filter.get(0).equals(name.get(0));
        return here && matches(filter.subList(1, filter.size()), name.subList(1, name.size()));
    }

    @Test
    @Normative({"5.0/4.7.3-4", "5.0/3.3.2-3"})
    @OftenWrong(40)
    void names_that_look_alike_are_different_and_arrive_as_they_were_sent() throws IOException {
        Map<String, Integer> identifiers = new LinkedHashMap<>();
        List<Client> clients = new ArrayList<>();
        for (String name : names()) {
            if (identifiers.size() % StandardBroker.MOST_SUBSCRIPTIONS == 0) {
                clients.add(Client.open());
            }
            identifiers.put(name, identifiers.size() + 1);
            Client client = clients.get(clients.size() - 1);
            assertThat(client.subscribe(name, SubscriptionOptions.of(QoS.AT_MOST_ONCE), identifiers.get(name)))
                    .isEqualTo(ReasonCode.SUCCESS);
        }
        try (Client publisher = Client.open()) {
            for (String name : names()) {
                publisher.publish(name, name, 1, true, Properties.NONE);
            }

            List<String> arrived = new ArrayList<>();
            for (Client client : clients) {
                for (Packet.Publish publish : client.arrived()) {
                    assertThat(publish.topic()).isEqualTo(publish.payload().text());
                    assertThat(publish.properties().subscriptionIdentifiers())
                            .containsExactly(identifiers.get(publish.topic()));
                    arrived.add(publish.topic());
                }
                client.close();
            }
            assertThat(arrived).containsExactlyInAnyOrderElementsOf(names());
            for (String name : names()) {
                try (Client late = Client.open()) {
                    late.subscribe(name, 0);
                    assertThat(late.payloads()).as("retained, %s", name).containsExactly(name);
                }
                publisher.retain(name, "");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/#", "/+", "/+/#", "/+/+", "//#", "//+", "/+/", "/a/#", "/a/+", "/+/b", "/+//b", "/a", "/ /#",
                "/$a", "/A/#"
            })
    @Normative({"5.0/3.3.2-3", "5.0/4.7.3-4", "5.0/4.7.1-1", "5.0/4.7.1-2"})
    @OftenWrong(40)
    void a_filter_matches_live_retained_and_shared_what_the_standard_says(String tail) throws IOException {
        String filter = root + tail;
        List<String> expected =
                names().stream().filter(name -> matches(filter, name)).toList();
        try (Client live = Client.open();
                Client shares = Client.open();
                Client late = Client.open();
                Client publisher = Client.open()) {
            live.subscribe(filter, 0);
            shares.subscribe("$share/g/" + filter, 0);
            for (String name : names()) {
                publisher.publish(name, name, 1, true, Properties.NONE);
            }
            late.subscribe(filter, 0);

            assertThat(live.payloads()).isEqualTo(expected);
            assertThat(shares.payloads()).isEqualTo(expected);
            assertThat(late.payloads()).containsExactlyInAnyOrderElementsOf(expected);
            for (String name : names()) {
                publisher.retain(name, "");
            }
        }
    }

    @Test
    @Normative("5.0/4.7.3-4")
    @OftenWrong(40)
    void levels_may_be_empty_at_both_ends() throws IOException {
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe("/" + root, new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 2), 1);
            client.subscribe("+/" + root, new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 2), 2);
            client.subscribe("/+/", new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 2), 3);
            client.subscribe("/", new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 2), 4);

            publisher.publish("/" + root, "", 1);
            publisher.publish(root, "", 1);
            publisher.publish("/" + root + "/", "", 1);
            publisher.publish("/", "", 1);

            assertThat(client.arrived())
                    .extracting(publish -> publish.topic() + " "
                            + publish.properties().subscriptionIdentifiers().stream()
                                    .sorted()
                                    .toList())
                    .containsExactly("/" + root + " [1, 2]", "/" + root + "/ [3]", "/ [4]");
        }
    }

    @Test
    @Normative("5.0/1.5.4")
    @OftenWrong(40)
    void control_characters_and_non_characters_are_kept_as_they_are() throws IOException {
        String odd = root + "/\u0001\u001f\u007f\u009f\uFDD0\uFFFF\uD83F\uDFFF";
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            client.subscribe(odd, 0);

            publisher.publish(odd, "m", 1);

            assertThat(client.only().topic()).isEqualTo(odd);
        }
    }

    @Test
    @Normative("5.0/4.7.3-3")
    @OftenWrong(40)
    void names_and_filters_may_have_65535_bytes_and_the_share_counts() throws IOException {
        String longest = root + "\u20ac".repeat((65_535 - root.length()) / 3);
        longest += "x".repeat(65_535 - root.length() - 3 * ((65_535 - root.length()) / 3));
        String rest = longest.substring("$share/g/".length());
        String behindShare = "$share/g/" + rest;
        try (Client client = Client.open();
                Client publisher = Client.open()) {
            assertThat(longest.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                    .hasSize(65_535);
            client.subscribe(longest, 0);
            client.subscribe(behindShare, 1);
            client.subscribe(longest.substring(0, longest.length() - 2) + "/#", 1);

            publisher.publish(longest, "whole", 1);
            publisher.publish(rest, "shared", 1);

            assertThat(client.arrived())
                    .extracting(publish ->
                            publish.topic().length() + " " + publish.payload().text())
                    .containsExactly(longest.length() + " whole", rest.length() + " shared");
            assertThat(client.unsubscribe(longest, behindShare)).containsOnly(ReasonCode.SUCCESS);
        }
    }

    @Test
    @Normative("5.0/4.7.3-3")
    void names_and_filters_with_more_levels_than_we_take_are_refused_with_their_own_code() throws IOException {
        String deep = "/".repeat(200);
        try (Client publisher = Client.open();
                Client client = Client.open()) {
            publisher.send(new Packet.Publish(deep, Bytes.EMPTY, QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE));
            client.send(new Packet.Subscribe(
                    1,
                    Properties.NONE,
                    List.of(new SubscriptionRequest(deep, SubscriptionOptions.of(QoS.AT_MOST_ONCE)))));

            assertThat(publisher.refusal()).isEqualTo(ReasonCode.TOPIC_NAME_INVALID);
            assertThat(client.refusal()).isEqualTo(ReasonCode.TOPIC_FILTER_INVALID);
        }
    }
}
