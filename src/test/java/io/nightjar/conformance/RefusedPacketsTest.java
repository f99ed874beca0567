package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Packets from PUBLISH to UNSUBSCRIBE that break one rule, behind a good CONNECT: the answer is DISCONNECT with the code
 * of the standard and a close, the log names the rule, and nobody gets a message.
 */
@ExtendWith(StandardBroker.class)
class RefusedPacketsTest {
    private static final HexFormat HEX = HexFormat.of();

    private static Client witness;

    @BeforeAll
    static void open_witness() throws IOException {
        witness = Client.open();
        SubscriptionOptions live = new SubscriptionOptions(QoS.AT_MOST_ONCE, false, false, 2);
        assertThat(witness.subscribe("#", live, 0)).isEqualTo(ReasonCode.SUCCESS);
    }

    @AfterAll
    static void close_witness() throws IOException {
        witness.close();
    }

    /** @param rule what the log has to name */
    private record Refused(String why, byte[] packet, int code, String rule) {
        @Override
        public String toString() {
            return why;
        }
    }

    private static Refused refused(String why, String hex, int code, String rule) {
        return new Refused(why, HEX.parseHex(hex.replace(" ", "")), code, rule);
    }

    private static String hex(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return String.format("%04x", bytes.length) + HEX.formatHex(bytes);
    }

    private static String packet(String first, String body) {
        return first + String.format("%02x", body.replace(" ", "").length() / 2) + body;
    }

    /** A PUBLISH of QoS 0 with topic "r/t", these properties and the payload "x". */
    private static String publish(String properties) {
        String length = String.format("%02x", properties.replace(" ", "").length() / 2);
        return packet("30", hex("r/t") + length + properties + "78");
    }

    private static String publishTo(String topicHex) {
        return packet("30", topicHex + "00" + "78");
    }

    private static String subscribe(String filter, String options) {
        return packet("82", "0001 00" + hex(filter) + options);
    }

    static Stream<Refused> refused() {
        List<Refused> all = new ArrayList<>(publishes());
        all.addAll(subscribes());
        all.addAll(filters());
        return all.stream();
    }

    private static List<Refused> publishes() {
        return List.of(
                refused("DUP at QoS 0", packet("38", hex("r/t") + "00"), 0x82, "5.0/3.3.1-2"),
                refused("DUP at QoS 0 with RETAIN", packet("39", hex("r/t") + "00"), 0x82, "5.0/3.3.1-2"),
                refused("QoS 3", packet("36", hex("r/t") + "0001 00"), 0x81, "5.0/3.3.1-4"),
                refused("QoS 3 with DUP and RETAIN", packet("3f", hex("r/t") + "0001 00"), 0x81, "5.0/3.3.1-4"),
                refused("topic of ill-formed UTF-8", publishTo("0003 72c328"), 0x81, "5.0/1.5.4-1"),
                refused("topic with a surrogate", publishTo("0004 72eda080"), 0x81, "5.0/1.5.4-1"),
                refused("topic longer than the packet", "3005 00ff 722f74", 0x81, "5.0/2.1.4"),
                refused("topic with U+0000", publishTo("0003 720074"), 0x81, "5.0/1.5.4-2"),
                refused("topic +", publishTo(hex("+")), 0x90, "5.0/3.3.2-2"),
                refused("topic with +", publishTo(hex("r/+")), 0x90, "5.0/3.3.2-2"),
                refused("topic with + in a word", publishTo(hex("r/a+b")), 0x90, "5.0/3.3.2-2"),
                refused("topic with #", publishTo(hex("r/#")), 0x90, "5.0/3.3.2-2"),
                refused("topic with # in a word", publishTo(hex("r/a#b/c")), 0x90, "5.0/3.3.2-2"),
                refused("topic with + and alias", packet("30", hex("r/+") + "03 230001"), 0x90, "5.0/3.3.2-2"),
                refused("empty topic", publishTo("0000"), 0x82, "5.0/3.3.2.1"),
                refused("alias 0", publish("230000"), 0x94, "5.0/3.3.2-8"),
                refused("alias above the maximum", publish("230041"), 0x94, "5.0/3.3.2-9"),
                refused("alias 65,535", publish("23ffff"), 0x94, "5.0/3.3.2-9"),
                refused("alias not mapped", packet("30", "0000 03 230001 78"), 0x82, "5.0/3.3.2.3.4"),
                refused("alias 0 without topic", packet("30", "0000 03 230000 78"), 0x94, "5.0/3.3.2-8"),
                refused("alias twice", publish("230001 230001"), 0x82, "5.0/2.2.2.2"),
                refused("Response Topic with +", publish("08" + hex("a/+")), 0x82, "5.0/3.3.2-14"),
                refused("Response Topic with #", publish("08" + hex("a/#")), 0x82, "5.0/3.3.2-14"),
                refused("Response Topic ill-formed", publish("08 0002 c328"), 0x81, "5.0/1.5.4-1"),
                refused("Response Topic with U+0000", publish("08 0002 6100"), 0x81, "5.0/1.5.4-2"),
                refused("Response Topic twice", publish("08" + hex("a") + "08" + hex("a")), 0x82, "5.0/2.2.2.2"),
                refused("Content Type ill-formed", publish("03 0002 c328"), 0x81, "5.0/1.5.4-1"),
                refused("Content Type with U+0000", publish("03 0001 00"), 0x81, "5.0/1.5.4-2"),
                refused("User Property ill-formed", publish("26" + hex("k") + "0001 ff"), 0x81, "5.0/1.5.4-1"),
                refused("Payload Format 2", publish("0102"), 0x82, "5.0/3.3.2.3.2"),
                refused("Message Expiry twice", publish("0200000001 0200000001"), 0x82, "5.0/2.2.2.2"),
                refused("Subscription Identifier", publish("0b01"), 0x82, "5.0/3.3.4-6"),
                refused("a property of CONNECT", publish("210001"), 0x81, "5.0/2.2.2.2"),
                refused("a property there is not", publish("7f00"), 0x81, "5.0/2.2.2.2"),
                refused("Packet Identifier 0", packet("32", hex("r/t") + "0000 00"), 0x82, "5.0/2.2.1-3"),
                refused("PUBREL with flags 0", "6002 0001", 0x81, "5.0/2.1.3-1"),
                refused("PUBREL with flags 3", "6302 0001", 0x81, "5.0/2.1.3-1"),
                refused("PUBACK with a code of PUBREL", "4003 0001 92", 0x82, "5.0/3.4.2-1"),
                refused("PUBREC with a code of SUBACK", "5003 0001 01", 0x82, "5.0/3.5.2-1"),
                refused("PUBREL with a code of PUBREC", "6203 0001 97", 0x82, "5.0/3.6.2-1"),
                refused("PUBCOMP with a code of PUBREC", "7003 0001 10", 0x82, "5.0/3.7.2-1"),
                refused("Reason String twice", "400c 0001 00 08 1f000161 1f000161", 0x82, "5.0/2.2.2.2"));
    }

    private static List<Refused> subscribes() {
        return List.of(
                refused("SUBSCRIBE with flags 0", packet("80", "0001 00" + hex("r/t") + "00"), 0x81, "5.0/2.1.3-1"),
                refused("SUBSCRIBE with flags 3", packet("83", "0001 00" + hex("r/t") + "00"), 0x81, "5.0/2.1.3-1"),
                refused("SUBSCRIBE without a filter", packet("82", "0001 00"), 0x82, "5.0/3.8.3-2"),
                refused("SUBSCRIBE without options", packet("82", "0001 00" + hex("r/t")), 0x81, "5.0/2.1.4"),
                refused(
                        "SUBSCRIBE, second without options",
                        packet("82", "0001 00" + hex("r/t") + "00" + hex("r/u")),
                        0x81,
                        "5.0/2.1.4"),
                refused("reserved option bit 6", subscribe("r/t", "40"), 0x81, "5.0/3.8.3-5"),
                refused("reserved option bit 7", subscribe("r/t", "80"), 0x81, "5.0/3.8.3-5"),
                refused("maximum QoS 3", subscribe("r/t", "03"), 0x82, "5.0/3.8.3.1"),
                refused("Retain Handling 3", subscribe("r/t", "30"), 0x82, "5.0/3.8.3.1"),
                refused("No Local on a shared subscription", subscribe("$share/g/r/t", "04"), 0x82, "5.0/3.8.3-4"),
                refused(
                        "Subscription Identifier 0",
                        packet("82", "0001 02 0b00" + hex("r/t") + "00"),
                        0x82,
                        "5.0/3.8.2.1.2"),
                refused(
                        "Subscription Identifier twice",
                        packet("82", "0001 04 0b010b02" + hex("r/t") + "00"),
                        0x82,
                        "5.0/2.2.2.2"),
                refused(
                        "Subscription Identifier of five bytes",
                        packet("82", "0001 06 0bffffffff01" + hex("r/t") + "00"),
                        0x81,
                        "5.0/1.5.5-1"),
                refused("filter of ill-formed UTF-8", packet("82", "0001 00 0002 c328 00"), 0x81, "5.0/1.5.4-1"),
                refused("filter with U+0000", packet("82", "0001 00 0003 720074 00"), 0x81, "5.0/1.5.4-2"),
                refused("UNSUBSCRIBE with flags 0", packet("a0", "0001 00" + hex("r/t")), 0x81, "5.0/2.1.3-1"),
                refused("UNSUBSCRIBE with flags 3", packet("a3", "0001 00" + hex("r/t")), 0x81, "5.0/2.1.3-1"),
                refused("UNSUBSCRIBE without a filter", packet("a2", "0001 00"), 0x82, "5.0/3.10.3-2"),
                refused("UNSUBSCRIBE of ill-formed UTF-8", packet("a2", "0001 00 0002 c328"), 0x81, "5.0/1.5.4-1"),
                refused("UNSUBSCRIBE with U+0000", packet("a2", "0001 00 0003 720074"), 0x81, "5.0/1.5.4-2"),
                refused(
                        "UNSUBSCRIBE with an identifier",
                        packet("a2", "0001 02 0b01" + hex("r/t")),
                        0x81,
                        "5.0/2.2.2.2"));
    }

    private static List<Refused> filters() {
        List<Refused> all = new ArrayList<>();
        add(all, "5.0/4.7.3-1", "");
        add(all, "5.0/4.7.1-1", "r#", "r/#/t", "#/r", "r/t#", "##", "$share/g/r#", "$share/g/#/r");
        add(all, "5.0/4.7.1-2", "r+", "+r", "r/+t/x", "r/t+", "++", "$share/g/+r");
        add(all, "5.0/4.8.2-1", "$share", "$share/", "$share//r/t", "$share//");
        add(all, "5.0/4.8.2-2", "$share/g", "$share/g/", "$share/+/r/t", "$share/#", "$share/a#b/r/t", "$share/g+/r/t");
        return all;
    }

    private static void add(List<Refused> all, String rule, String... filters) {
        for (String filter : filters) {
            all.add(refused("SUBSCRIBE to '" + filter + "'", subscribe(filter, "00"), 0x8F, rule));
            all.add(refused("UNSUBSCRIBE of '" + filter + "'", packet("a2", "0001 00" + hex(filter)), 0x8F, rule));
        }
    }

    @ParameterizedTest
    @MethodSource
    @Normative({
        "5.0/2.2.2.2",
        "5.0/3.3.1-2",
        "5.0/3.3.1-4",
        "5.0/3.3.2-1",
        "5.0/3.3.2-2",
        "5.0/3.3.2-8",
        "5.0/3.3.2-9",
        "5.0/3.3.2-13",
        "5.0/3.3.2-14",
        "5.0/3.3.2-19",
        "5.0/3.3.2.1",
        "5.0/3.3.2.3.2",
        "5.0/3.3.2.3.4",
        "5.0/3.3.4-6",
        "5.0/3.4.2-1",
        "5.0/3.5.2-1",
        "5.0/3.6.1-1",
        "5.0/3.6.2-1",
        "5.0/3.7.2-1",
        "5.0/3.8.1-1",
        "5.0/3.8.2.1.2",
        "5.0/3.8.3-1",
        "5.0/3.8.3-2",
        "5.0/3.8.3-4",
        "5.0/3.8.3-5",
        "5.0/3.8.3.1",
        "5.0/3.10.1-1",
        "5.0/3.10.3-1",
        "5.0/3.10.3-2",
        "5.0/4.7.0-1",
        "5.0/4.7.1-1",
        "5.0/4.7.1-2",
        "5.0/4.7.3-1",
        "5.0/4.7.3-2",
        "5.0/4.8.2-1",
        "5.0/4.8.2-2"
    })
    @OftenWrong({8, 10, 13, 14, 17, 40})
    void refused(Refused refused) throws IOException {
        try (Client client = Client.open()) {
            client.raw.sendBytes(refused.packet);

            assertThat(client.refusal()).isEqualTo(ReasonCode.of(refused.code));

            await().atMost(Client.PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> StandardBroker.log().ends(client.id).size() == 1);
            assertThat(StandardBroker.log().ends(client.id).get(0))
                    .contains("reason=internal_error ")
                    .contains(" rule=" + refused.rule + " ");
            assertThat(witness.packets()).isEmpty();
        }
    }

    /** What stands beside the refused ones and is right: so that none of them is refused for another cause. */
    @Test
    @OftenWrong({13, 17, 40})
    @Normative({"5.0/4.7.1-1", "5.0/4.7.1-2", "5.0/4.8.2-2", "5.0/3.8.2.1.2"})
    void what_looks_like_it_but_is_right_is_taken() throws IOException {
        try (Client client = Client.open()) {
            for (String filter : List.of(
                    "r/#",
                    "+",
                    "+/r",
                    "r/+/t",
                    "/+",
                    "+/",
                    "/",
                    "//#",
                    " ",
                    "\uFEFFr",
                    "$share/g/r/t",
                    "$share/g//r",
                    "$share/g/#",
                    "$share/ /+",
                    "$shared/r/t",
                    "$SHARE/g/r",
                    "$")) {
                client.subscribe(filter, 0);
                assertThat(client.unsubscribe(filter)).as(filter).containsExactly(ReasonCode.SUCCESS);
            }
            client.raw.sendHex(packet("82", "0007 05 0bffffff7f" + hex("r/t") + "00"));
            assertThat(client.expect(Packet.SubAck.class).packetId()).isEqualTo(7);
        }
    }
}
