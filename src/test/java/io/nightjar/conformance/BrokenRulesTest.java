package io.nightjar.conformance;

import static io.nightjar.conformance.Client.PATIENCE;
import static io.nightjar.mqtt.MqttVersion.V3_1;
import static io.nightjar.mqtt.MqttVersion.V3_1_1;
import static io.nightjar.mqtt.MqttVersion.V5;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way to break a rule on the wire: the right code or none, the close, and the statement's id in the evidence. */
@ExtendWith(StandardBroker.class)
@Normative({"5.0/4.13.1-1", "5.0/4.13.2-1"})
class BrokenRulesTest {
    private static final String MQTT = "0004 4d515454";

    /**
     * Bytes that break one rule.
     *
     * @param connected whether a good CONNECT goes before
     * @param code of the last packet, null = none
     * @param detail in the log
     * @param rule in the evidence
     * @param also other statements that the same bytes break
     */
    private record Broken(
            MqttVersion version,
            boolean connected,
            String hex,
            @Nullable ReasonCode code,
            String detail,
            String rule,
            List<String> also) {
        @Override
        public String toString() {
            return version + (connected ? "" : " CONNECT") + " " + rule + ": " + hex;
        }
    }

    // ---- rows

    /** A packet with this first byte; the Remaining Length is put in. */
    private static String packet(String first, String... body) {
        String all = String.join("", body).replace(" ", "");
        assertThat(all.length()).isLessThan(256);
        return first + String.format("%02x", all.length() / 2) + all;
    }

    /** A property length and these properties. */
    private static String properties(String properties) {
        return String.format("%02x", properties.replace(" ", "").length() / 2) + properties;
    }

    /** PUBLISH of QoS 0 to "t". */
    private static String publish(String properties) {
        return packet("30", "0001 74", properties(properties));
    }

    private static String subscribe(String properties, String payload) {
        return packet("82", "0001", properties(properties), payload);
    }

    private static String connect5(String flags, String properties, String payload) {
        return packet("10", MQTT, "05", flags, "0000", properties(properties), payload);
    }

    private static String connect311(String flags, String payload) {
        return packet("10", MQTT, "04", flags, "0000", payload);
    }

    private static String text(String text) {
        StringBuilder hex = new StringBuilder(String.format("%04x", text.length()));
        text.chars().forEach(c -> hex.append(String.format("%02x", c)));
        return hex.toString();
    }

    private static Broken v5(String hex, int code, String detail, String rule, String... also) {
        return new Broken(V5, true, hex, ReasonCode.of(code), detail, rule, List.of(also));
    }

    private static Broken malformed(String hex, String rule, String... also) {
        return v5(hex, 0x81, "malformed_packet", rule, also);
    }

    private static Broken protocolError(String hex, String rule, String... also) {
        return v5(hex, 0x82, "protocol_error", rule, also);
    }

    private static Broken first5(String hex, int code, String detail, String rule, String... also) {
        return new Broken(V5, false, hex, ReasonCode.of(code), detail, rule, List.of(also));
    }

    private static Broken v311(String hex, String detail, String rule, String... also) {
        return new Broken(V3_1_1, true, hex, null, detail, rule, List.of(also));
    }

    private static Broken first311(String hex, String detail, String rule, String... also) {
        return new Broken(V3_1_1, false, hex, null, detail, rule, List.of(also));
    }

    static Stream<Broken> otherRules() {
        return Stream.of(
                        headers(),
                        texts(),
                        publishes(),
                        subscribes(),
                        acknowledgements(),
                        disconnects(),
                        connects(),
                        before5())
                .flatMap(List::stream);
    }

    private static List<Broken> headers() {
        return List.of(
                malformed("c100", "5.0/2.1.3-1"),
                malformed("0000", "5.0/2.1.2"),
                protocolError("2003 000000", "5.0/2.1.2"),
                protocolError("d000", "5.0/2.1.2"),
                malformed("c001 00", "5.0/2.1.4"),
                malformed(packet("40", "00"), "5.0/2.1.4"),
                malformed("30 8000", "5.0/1.5.5-1"),
                malformed("30 ffffffff01", "5.0/1.5.5-1"),
                malformed(packet("30", "0001 74", "8000"), "5.0/1.5.5-1"),
                malformed(packet("82", "0001", "03 0b8100", "0001 74 00"), "5.0/1.5.5-1"),
                v5("30 80808001", 0x95, "packet_too_large", "5.0/3.2.2-15"));
    }

    private static List<Broken> texts() {
        String surrogate = "0003 eda080";
        String overlong = "0002 c0af";
        String cut = "0002 61e2";
        String beyond = "0004 f4908080";
        String zero = "0003 610062";
        return List.of(
                malformed(packet("30", surrogate, "00"), "5.0/1.5.4-1", "5.0/3.3.2-1"),
                malformed(packet("30", overlong, "00"), "5.0/1.5.4-1"),
                malformed(packet("30", cut, "00"), "5.0/1.5.4-1"),
                malformed(packet("30", beyond, "00"), "5.0/1.5.4-1"),
                malformed(packet("30", zero, "00"), "5.0/1.5.4-2", "5.0/4.7.3-2"),
                malformed(publish("03" + surrogate), "5.0/1.5.4-1", "5.0/3.3.2-19"),
                malformed(publish("08" + cut), "5.0/1.5.4-1", "5.0/3.3.2-13"),
                malformed(publish("08" + zero), "5.0/1.5.4-2"),
                malformed(publish("26" + surrogate + "0001 76"), "5.0/1.5.4-1", "5.0/1.5.7-1"),
                malformed(publish("26 0001 6e" + zero), "5.0/1.5.4-2", "5.0/1.5.7-1"),
                malformed(subscribe("", surrogate + "00"), "5.0/1.5.4-1", "5.0/3.8.3-1"),
                malformed(subscribe("", zero + "00"), "5.0/1.5.4-2", "5.0/4.7.3-2"),
                malformed(packet("a2", "0001 00", overlong), "5.0/1.5.4-1", "5.0/3.10.3-1"),
                malformed(packet("e0", "00", properties("1f" + surrogate)), "5.0/1.5.4-1"),
                first5(connect5("02", "", surrogate), 0x81, "malformed_packet", "5.0/1.5.4-1", "5.0/3.1.3-4"),
                first5(connect5("02", "", zero), 0x81, "malformed_packet", "5.0/1.5.4-2"),
                first5(
                        connect5("06", "", "0001 61 00" + overlong + "0000"),
                        0x81,
                        "malformed_packet",
                        "5.0/1.5.4-1",
                        "5.0/3.1.3-11"),
                first5(
                        connect5("82", "", "0001 61" + surrogate),
                        0x81,
                        "malformed_packet",
                        "5.0/1.5.4-1",
                        "5.0/3.1.3-12"),
                first5(connect5("82", "", "0001 61" + zero), 0x81, "malformed_packet", "5.0/1.5.4-2"),
                first5(
                        connect5("02", "26 0001 6e" + surrogate, "0001 61"),
                        0x81,
                        "malformed_packet",
                        "5.0/1.5.4-1",
                        "5.0/1.5.7-1"));
    }

    private static List<Broken> publishes() {
        return List.of(
                malformed(packet("36", "0001 74 0001 00"), "5.0/3.3.1-4"),
                protocolError(packet("38", "0001 74 00"), "5.0/3.3.1-2"),
                protocolError(packet("32", "0001 74 0000 00"), "5.0/2.2.1-3"),
                v5(packet("30", text("a/+"), "00"), 0x90, "topic_name_invalid", "5.0/3.3.2-2", "5.0/4.7.0-1"),
                v5(packet("30", text("a/#"), "00"), 0x90, "topic_name_invalid", "5.0/3.3.2-2", "5.0/4.7.0-1"),
                protocolError(packet("30", "0000 00"), "5.0/3.3.2.1", "5.0/4.7.3-1"),
                v5(publish("23 0000"), 0x94, "topic_alias_invalid", "5.0/3.3.2-8", "5.0/3.3.2.3.4"),
                v5(publish("23 0041"), 0x94, "topic_alias_invalid", "5.0/3.3.2-9", "5.0/3.2.2-17"),
                protocolError(packet("30", "0000", properties("23 0001")), "5.0/3.3.2.3.4"),
                protocolError(publish("01 02"), "5.0/3.3.2.3.2"),
                protocolError(publish("08" + text("r/+")), "5.0/3.3.2-14"),
                protocolError(publish("0b 01"), "5.0/3.3.4-6"),
                v5(openQos2(StandardBroker.RECEIVE_MAXIMUM + 1), 0x93, "receive_maximum_exceeded", "5.0/3.3.4-7"));
    }

    /** So many PUBLISH packets of QoS 2. */
    private static String openQos2(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(id -> packet("34", "0001 74", String.format("%04x", id), "00 61"))
                .collect(Collectors.joining());
    }

    private static List<Broken> subscribes() {
        return List.of(
                malformed(packet("80", "0001 00 0001 74 00"), "5.0/2.1.3-1", "5.0/3.8.1-1"),
                malformed(packet("a0", "0001 00 0001 74"), "5.0/2.1.3-1", "5.0/3.10.1-1"),
                protocolError(packet("82", "0000 00 0001 74 00"), "5.0/2.2.1-3"),
                protocolError(packet("a2", "0000 00 0001 74"), "5.0/2.2.1-3"),
                protocolError(subscribe("", ""), "5.0/3.8.3-2"),
                protocolError(packet("a2", "0001 00"), "5.0/3.10.3-2"),
                protocolError(subscribe("", "0001 74 03"), "5.0/3.8.3.1"),
                protocolError(subscribe("", "0001 74 30"), "5.0/3.8.3.1"),
                malformed(subscribe("", "0001 74 40"), "5.0/3.8.3-5"),
                malformed(subscribe("", "0001 74 80"), "5.0/3.8.3-5"),
                protocolError(subscribe("0b 00", "0001 74 00"), "5.0/3.8.2.1.2"),
                filter("a#", "5.0/4.7.1-1"),
                filter("#/a", "5.0/4.7.1-1"),
                filter("a+", "5.0/4.7.1-2"),
                filter("+a/b", "5.0/4.7.1-2"),
                filter("", "5.0/4.7.3-1"),
                filter("$share", "5.0/4.8.2-1"),
                filter("$share/", "5.0/4.8.2-1"),
                filter("$share//f", "5.0/4.8.2-1"),
                filter("$share/g", "5.0/4.8.2-2"),
                filter("$share/+/f", "5.0/4.8.2-2"),
                filter("$share/a#b/f", "5.0/4.8.2-2"),
                filter("$share/g/", "5.0/4.8.2-2"),
                filter("$share/g/a#", "5.0/4.7.1-1"),
                v5(packet("a2", "0001 00", text("a#")), 0x8F, "topic_filter_invalid", "5.0/4.7.1-1"),
                protocolError(subscribe("", text("$share/g/f") + "04"), "5.0/3.8.3-4"));
    }

    private static Broken filter(String filter, String rule) {
        return v5(subscribe("", text(filter) + "00"), 0x8F, "topic_filter_invalid", rule);
    }

    private static List<Broken> acknowledgements() {
        return List.of(
                malformed("60 02 0001", "5.0/2.1.3-1", "5.0/3.6.1-1"),
                protocolError("40 02 0000", "5.0/2.2.1-3"),
                protocolError("40 03 0001 55", "5.0/3.4.2-1"),
                protocolError("50 03 0001 92", "5.0/3.5.2-1"),
                protocolError("62 03 0001 10", "5.0/3.6.2-1"),
                protocolError("70 03 0001 80", "5.0/3.7.2-1"));
    }

    private static List<Broken> disconnects() {
        return List.of(
                malformed("e1 00", "5.0/2.1.3-1", "5.0/3.14.1-1"),
                protocolError("e0 01 05", "5.0/3.14.2-1"),
                protocolError("e0 01 8b", "5.0/3.14.2-1"),
                protocolError("e0 07 00 05 11 00000001", "5.0/3.14.2.2.2"));
    }

    private static List<Broken> connects() {
        return List.of(
                first5(
                        packet("10", "0004 4d515458 05 02 0000 00 0001 61"),
                        0x84,
                        "unsupported_protocol_version",
                        "5.0/3.1.2-1"),
                first5(
                        packet("10", MQTT, "06 02 0000 00 0001 61"),
                        0x84,
                        "unsupported_protocol_version",
                        "5.0/3.1.2-2"),
                new Broken(V5, false, packet("11", MQTT, "05"), null, "malformed_packet", "5.0/2.1.3-1", List.of()),
                connectProtocolError(connect5("02", "21 0000", "0001 61"), "5.0/3.1.2.11.3"),
                connectProtocolError(connect5("02", "27 00000000", "0001 61"), "5.0/3.1.2.11.4"),
                connectProtocolError(connect5("02", "19 02", "0001 61"), "5.0/3.1.2.11.6"),
                connectProtocolError(connect5("02", "17 02", "0001 61"), "5.0/3.1.2.11.7"),
                connectProtocolError(connect5("02", "16 0001 61", "0001 61"), "5.0/3.1.2.11.10"),
                first5(
                        connect5("06", "", "0001 61 00" + text("w/#") + "0000"),
                        0x90,
                        "topic_name_invalid",
                        "5.0/3.3.2-2"));
    }

    private static Broken connectMalformed(String hex, String rule, String... also) {
        String[] all = Arrays.copyOf(also, also.length + 1);
        all[also.length] = "5.0/3.1.4-1";
        return first5(hex, 0x81, "malformed_packet", rule, all);
    }

    private static Broken connectProtocolError(String hex, String rule) {
        return first5(hex, 0x82, "protocol_error", rule, "5.0/3.1.4-1");
    }

    private static List<Broken> before5() {
        return List.of(
                v311("c100", "malformed_packet", "311/2.2.2-1", "311/2.2.2-2"),
                v311("f000", "malformed_packet", "311/2.2.1"),
                v311("d000", "protocol_error", "311/2.2.1"),
                v311("c001 00", "malformed_packet", "311/2.2.3"),
                v311("30 80808001", "packet_too_large", "311/2.2.3"),
                v311(packet("30", "0003 eda080"), "malformed_packet", "311/1.5.3-1"),
                v311(packet("30", "0003 610062"), "malformed_packet", "311/1.5.3-2", "311/4.7.3-2"),
                v311(packet("36", "0001 74 0001"), "malformed_packet", "311/3.3.1-4"),
                v311(packet("38", "0001 74"), "protocol_error", "311/3.3.1-2"),
                v311(packet("32", "0001 74 0000"), "protocol_error", "311/2.3.1-1"),
                v311(packet("30", text("a/+")), "topic_name_invalid", "311/3.3.2-2", "311/4.7.1-1"),
                v311(packet("30", "0000"), "protocol_error", "311/4.7.3-1"),
                v311(packet("60", "0001"), "malformed_packet", "311/2.2.2-1", "311/3.6.1-1"),
                v311(packet("80", "0001 0001 74 00"), "malformed_packet", "311/2.2.2-1", "311/3.8.1-1"),
                v311(packet("a0", "0001 0001 74"), "malformed_packet", "311/2.2.2-1", "311/3.10.1-1"),
                v311("e1 00", "malformed_packet", "311/2.2.2-1", "311/3.14.1-1"),
                v311(packet("82", "0001"), "protocol_error", "311/3.8.3-3"),
                v311(packet("a2", "0001"), "protocol_error", "311/3.10.3-2"),
                v311(packet("82", "0001 0001 74 03"), "malformed_packet", "311/3.8.3-4"),
                v311(packet("82", "0001 0001 74 40"), "malformed_packet", "311/3.8.3-4"),
                v311(packet("82", "0001", text("a#"), "00"), "topic_filter_invalid", "311/4.7.1-2"),
                v311(packet("82", "0001", text("a+"), "00"), "topic_filter_invalid", "311/4.7.1-3"),
                v311(packet("82", "0001 0000 00"), "topic_filter_invalid", "311/4.7.3-1"),
                v311(packet("a2", "0001", text("#/a")), "topic_filter_invalid", "311/4.7.1-2"),
                v311(packet("82", "0001", text("$share//f"), "00"), "topic_filter_invalid", "5.0/4.8.2-1"),
                first311(connect311("02", "0003 eda080"), "malformed_packet", "311/1.5.3-1", "311/3.1.3-4"),
                first311(connect311("82", "0001 61 0003 610062"), "malformed_packet", "311/1.5.3-2"),
                new Broken(V3_1, true, packet("30", "0000"), null, "protocol_error", "311/4.7.3-1", List.of()));
    }

    static List<Broken> inconsistentConnects() {
        return List.of(
                connectMalformed(connect5("03", "", "0001 61"), "5.0/3.1.2-3"),
                connectMalformed(connect5("0a", "", "0001 61"), "5.0/3.1.2-11"),
                connectMalformed(connect5("22", "", "0001 61"), "5.0/3.1.2-13"),
                connectMalformed(connect5("1e", "", "0001 61 00 0001 77 0000"), "5.0/3.1.2-12"),
                connectMalformed(connect5("06", "", "0001 61"), "5.0/2.1.4", "5.0/3.1.2-9"),
                connectMalformed(connect5("02", "", "0001 61 00 0001 77 0000"), "5.0/2.1.4"),
                connectMalformed(connect5("82", "", "0001 61"), "5.0/2.1.4", "5.0/3.1.2-17"),
                connectMalformed(connect5("02", "", "0001 61 0001 75"), "5.0/2.1.4", "5.0/3.1.2-16"),
                connectMalformed(connect5("42", "", "0001 61"), "5.0/2.1.4", "5.0/3.1.2-19"),
                connectMalformed(connect5("82", "", "0001 61 0001 75 0001 70"), "5.0/2.1.4", "5.0/3.1.2-18"),
                connectMalformed(connect5("02", "", ""), "5.0/2.1.4", "5.0/3.1.3-3"),
                first311(connect311("03", "0001 61"), "malformed_packet", "311/3.1.2-3", "311/3.1.4-1"),
                first311(connect311("0a", "0001 61"), "malformed_packet", "311/3.1.2-13", "311/3.1.2-11"),
                first311(connect311("22", "0001 61"), "malformed_packet", "311/3.1.2-15"),
                first311(connect311("1e", "0001 61 0001 77 0000"), "malformed_packet", "311/3.1.2-14"),
                first311(connect311("42", "0001 61 0001 70"), "malformed_packet", "311/3.1.2-22"),
                first311(connect311("06", "0001 61"), "malformed_packet", "311/2.2.3", "311/3.1.2-9"),
                first311(connect311("82", "0001 61"), "malformed_packet", "311/2.2.3", "311/3.1.2-19"),
                first311(connect311("02", "0001 61 0001 75"), "malformed_packet", "311/2.2.3", "311/3.1.2-18"),
                first311(connect311("c2", "0001 61 0001 75"), "malformed_packet", "311/2.2.3", "311/3.1.2-21"),
                first311(connect311("82", "0001 61 0001 75 0001 70"), "malformed_packet", "311/2.2.3", "311/3.1.2-20"));
    }

    static List<Broken> wrongProperties() {
        return List.of(
                protocolError(publish("02 00000001 02 00000001"), "5.0/2.2.2.2"),
                malformed(publish("04 00"), "5.0/2.2.2.2"),
                malformed(publish("11 00000001"), "5.0/2.2.2.2"),
                malformed(packet("30", "0001 74 05"), "5.0/2.2.2.1"),
                malformed(packet("30", "0001 74 02 0200000001"), "5.0/2.2.2.1"),
                protocolError(subscribe("0b 01 0b 02", "0001 74 00"), "5.0/2.2.2.2", "5.0/3.8.2.1.2"),
                protocolError("e0 0c 00 0a 11 00000000 11 00000000", "5.0/2.2.2.2"),
                connectProtocolError(connect5("02", "21 0001 21 0001", "0001 61"), "5.0/2.2.2.2"),
                connectMalformed(connect5("02", "18 00000001", "0001 61"), "5.0/2.2.2.2"),
                connectMalformed(connect5("02", "7f", "0001 61"), "5.0/2.2.2.2"),
                connectMalformed(connect5("06", "", "0001 61 05 1100000001 0001 77 0000"), "5.0/2.2.2.2"),
                connectProtocolError(
                        connect5("06", "", "0001 61 0a 18 00000001 18 00000001 0001 77 0000"), "5.0/2.2.2.2"),
                malformed("e0 07 00 05 02 00000001", "5.0/2.2.2.2"));
    }

    static List<Broken> wrongFirstOrSecondPackets() {
        return List.of(
                new Broken(V5, false, "c000", null, "protocol_error", "5.0/3.1.0-1", List.of("311/3.1.0-1")),
                new Broken(V5, false, "30 03 0001 74", null, "protocol_error", "5.0/3.1.0-1", List.of()),
                new Broken(V5, false, "e0 00", null, "protocol_error", "5.0/3.1.0-1", List.of()),
                new Broken(V5, false, "474554202f20", null, "not_mqtt", "5.0/3.1.0-1", List.of()),
                protocolError(connect5("02", "", text("breaks-5")), "5.0/3.1.0-2"),
                v311(connect311("02", text("breaks-4")), "protocol_error", "311/3.1.0-2"));
    }

    @ParameterizedTest
    @MethodSource("inconsistentConnects")
    @OftenWrong(27)
    @Normative({
        "311/2.2.3",
        "311/3.1.2-3",
        "311/3.1.2-9",
        "311/3.1.2-11",
        "311/3.1.2-13",
        "311/3.1.2-14",
        "311/3.1.2-15",
        "311/3.1.2-18",
        "311/3.1.2-19",
        "311/3.1.2-20",
        "311/3.1.2-21",
        "311/3.1.2-22",
        "311/3.1.4-1",
        "5.0/2.1.4",
        "5.0/3.1.2-3",
        "5.0/3.1.2-9",
        "5.0/3.1.2-11",
        "5.0/3.1.2-12",
        "5.0/3.1.2-13",
        "5.0/3.1.2-16",
        "5.0/3.1.2-17",
        "5.0/3.1.2-18",
        "5.0/3.1.2-19",
        "5.0/3.1.3-3",
        "5.0/3.1.4-1"
    })
    void a_connect_whose_flags_disagree_is_refused(Broken broken) throws IOException {
        assertEndsByItsRule(broken);
    }

    @ParameterizedTest
    @MethodSource("wrongProperties")
    @OftenWrong(30)
    @Normative({"5.0/2.2.2.1", "5.0/2.2.2.2", "5.0/3.1.4-1", "5.0/3.8.2.1.2"})
    void a_property_that_is_not_valid_ends_the_connection(Broken broken) throws IOException {
        assertEndsByItsRule(broken);
    }

    @ParameterizedTest
    @MethodSource("wrongFirstOrSecondPackets")
    @OftenWrong(33)
    @Normative({"311/3.1.0-1", "311/3.1.0-2", "5.0/3.1.0-1", "5.0/3.1.0-2"})
    void connect_comes_first_and_only_once(Broken broken) throws IOException {
        assertEndsByItsRule(broken);
    }

    @ParameterizedTest
    @MethodSource("otherRules")
    @Normative({
        "311/1.5.3-1",
        "311/1.5.3-2",
        "311/2.2.1",
        "311/2.2.2-1",
        "311/2.2.2-2",
        "311/2.2.3",
        "311/2.3.1-1",
        "311/3.1.3-4",
        "311/3.3.1-2",
        "311/3.3.1-4",
        "311/3.3.2-2",
        "311/3.6.1-1",
        "311/3.8.1-1",
        "311/3.8.3-3",
        "311/3.8.3-4",
        "311/3.10.1-1",
        "311/3.10.3-2",
        "311/3.14.1-1",
        "311/4.7.1-1",
        "311/4.7.1-2",
        "311/4.7.1-3",
        "311/4.7.3-1",
        "311/4.7.3-2",
        "5.0/1.5.4-1",
        "5.0/1.5.4-2",
        "5.0/1.5.5-1",
        "5.0/1.5.7-1",
        "5.0/2.1.2",
        "5.0/2.1.3-1",
        "5.0/2.1.4",
        "5.0/2.2.1-3",
        "5.0/3.1.2-1",
        "5.0/3.1.2-2",
        "5.0/3.1.2.11.3",
        "5.0/3.1.2.11.4",
        "5.0/3.1.2.11.6",
        "5.0/3.1.2.11.7",
        "5.0/3.1.2.11.10",
        "5.0/3.1.3-4",
        "5.0/3.1.3-11",
        "5.0/3.1.3-12",
        "5.0/3.1.4-1",
        "5.0/3.2.2-15",
        "5.0/3.2.2-17",
        "5.0/3.3.1-2",
        "5.0/3.3.1-4",
        "5.0/3.3.2-1",
        "5.0/3.3.2.1",
        "5.0/3.3.2-2",
        "5.0/3.3.2.3.2",
        "5.0/3.3.2.3.4",
        "5.0/3.3.2-8",
        "5.0/3.3.2-9",
        "5.0/3.3.2-13",
        "5.0/3.3.2-14",
        "5.0/3.3.2-19",
        "5.0/3.3.4-6",
        "5.0/3.3.4-7",
        "5.0/3.4.2-1",
        "5.0/3.5.2-1",
        "5.0/3.6.1-1",
        "5.0/3.6.2-1",
        "5.0/3.7.2-1",
        "5.0/3.8.1-1",
        "5.0/3.8.2.1.2",
        "5.0/3.8.3-1",
        "5.0/3.8.3.1",
        "5.0/3.8.3-2",
        "5.0/3.8.3-4",
        "5.0/3.8.3-5",
        "5.0/3.10.1-1",
        "5.0/3.10.3-1",
        "5.0/3.10.3-2",
        "5.0/3.14.1-1",
        "5.0/3.14.2-1",
        "5.0/3.14.2.2.2",
        "5.0/4.7.0-1",
        "5.0/4.7.1-1",
        "5.0/4.7.1-2",
        "5.0/4.7.3-1",
        "5.0/4.7.3-2",
        "5.0/4.8.2-1",
        "5.0/4.8.2-2"
    })
    void every_other_broken_rule_ends_the_connection_and_is_named(Broken broken) throws IOException {
        assertEndsByItsRule(broken);
    }

    private static void assertEndsByItsRule(Broken broken) throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", StandardBroker.port(), broken.version)) {
            if (broken.connected) {
                assertThat(client.open("breaks-" + broken.version.level(), true).code())
                        .isEqualTo(ReasonCode.SUCCESS);
            }

            client.sendHex(broken.hex);

            if (broken.code == null) {
                assertThat(client.receive(PATIENCE)).isNull();
            } else if (broken.connected) {
                assertThat(disconnect(client)).isEqualTo(broken.code);
            } else {
                Packet.ConnAck answer = client.expect(Packet.ConnAck.class);
                assertThat(answer.code()).isEqualTo(broken.code);
                assertThat(answer.sessionPresent()).isFalse();
            }
            assertThat(client.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(endOf(client))
                    .contains("reason=internal_error detail=" + broken.detail + " ")
                    .containsPattern(" rule=" + broken.rule + "( |$)");
        }
    }

    /** The line of the log about the end of this connection. */
    private static String endOf(RawMqttClient client) {
        int port = client.localPort();
        await("end of port " + port)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .pollDelay(Duration.ZERO)
                .until(() -> !StandardBroker.log().endsOfPort(port).isEmpty());
        List<String> ends = StandardBroker.log().endsOfPort(port);
        return ends.get(ends.size() - 1);
    }

    /** The code of the DISCONNECT; acknowledgements may come before it. */
    private static ReasonCode disconnect(RawMqttClient client) throws IOException {
        Packet packet = client.receive(PATIENCE);
        while (packet instanceof Packet.PubRec) {
            packet = client.receive(PATIENCE);
        }
        assertThat(packet).isInstanceOf(Packet.Disconnect.class);
        return ((Packet.Disconnect) packet).code();
    }

    static List<Arguments> tables() {
        return List.of(
                Arguments.of("inconsistentConnects", inconsistentConnects()),
                Arguments.of("wrongProperties", wrongProperties()),
                Arguments.of("wrongFirstOrSecondPackets", wrongFirstOrSecondPackets()),
                Arguments.of("otherRules", otherRules().toList()));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void every_statement_of_a_table_is_declared(String table, List<Broken> rows) {
        TreeSet<String> ids = new TreeSet<>();
        for (Broken row : rows) {
            ids.add(row.rule);
            ids.addAll(row.also);
        }

        Normative declared = Arrays.stream(BrokenRulesTest.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(MethodSource.class)
                        && method.getAnnotation(MethodSource.class).value()[0].equals(table))
                .findFirst()
                .orElseThrow()
                .getAnnotation(Normative.class);

        assertThat(declared.value()).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void a_limit_of_ours_is_named_as_such_and_not_as_a_rule() throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", StandardBroker.port())) {
            client.open("too-deep", true);

            client.publish("/".repeat(128), "x", QoS.AT_MOST_ONCE, 0);

            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.TOPIC_NAME_INVALID);
            assertThat(endOf(client))
                    .contains("detail=topic_name_invalid")
                    .contains("max-topic-levels=128")
                    .doesNotContain(" rule=");
        }
    }

    @Test
    @Normative("5.0/3.1.2-24")
    void an_answer_that_cannot_be_made_small_enough_names_the_rule_that_forbids_it() throws IOException {
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", StandardBroker.port())) {
            client.send(new Packet.Connect(
                    V5, true, 0, Properties.of(Property.MAXIMUM_PACKET_SIZE, 4L), "tiny", null, null, null));

            assertThat(client.receive(PATIENCE)).isNull();
            assertThat(client.end()).isNotEqualTo(RawMqttClient.End.OPEN);
            assertThat(endOf(client)).contains("detail=packet_too_large").contains(" rule=5.0/3.1.2-24 ");
        }
    }
}
