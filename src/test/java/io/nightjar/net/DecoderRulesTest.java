package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.conformance.Normative;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule of {@link Rule}, broken by the smallest packet that breaks it and nothing else. */
class DecoderRulesTest {
    private static final MqttVersion V5 = MqttVersion.V5;
    private static final MqttVersion V311 = MqttVersion.V3_1_1;
    private static final MqttVersion V31 = MqttVersion.V3_1;
    private static final int MAX = 1000;

    /** Protocol name and level of MQTT 5. */
    private static final String NAME = "0004 4d515454 05";

    private static final String NAME_311 = "0004 4d515454 04";

    /**
     * One packet that breaks one rule.
     *
     * @param version of the connection, null = before CONNECT
     */
    private record Broken(
            MqttVersion version, boolean fromServer, String hex, Rule rule, String id, int offset, String field) {
        @Override
        public String toString() {
            return rule + " " + version + " " + hex;
        }
    }

    private static Broken client(MqttVersion version, String hex, Rule rule, String id, int offset, String field) {
        return new Broken(version, false, hex, rule, id, offset, field);
    }

    private static Broken server(MqttVersion version, String hex, Rule rule, String id, int offset, String field) {
        return new Broken(version, true, hex, rule, id, offset, field);
    }

    /** A CONNECT with this behind the fixed header; it is short enough for one byte of Remaining Length. */
    private static Broken connect(String body, Rule rule, String id, int offset, String field) {
        int length = body.replace(" ", "").length() / 2;
        return client(null, "10" + String.format("%02x", length) + body, rule, id, offset, field);
    }

    /** A PUBLISH of QoS 0 with topic "t" and these properties. */
    private static String publish(String properties) {
        return withLength("30", "0001 74", properties);
    }

    private static String withLength(String first, String before, String properties) {
        int length = properties.replace(" ", "").length() / 2;
        int all = before.replace(" ", "").length() / 2 + 1 + length;
        return first + String.format("%02x", all) + before + String.format("%02x", length) + properties;
    }

    static Stream<Broken> broken() {
        return Stream.of(
                        firstPackets(),
                        headers(),
                        texts(),
                        connects(),
                        properties(),
                        publishes(),
                        subscribes(),
                        codes())
                .flatMap(List::stream);
    }

    private static List<Broken> firstPackets() {
        return List.of(
                client(null, "474554202f", Rule.NOT_CONNECT, "5.0/3.1.0-1", 0, "first bytes"),
                client(null, "c000", Rule.FIRST_PACKET, "5.0/3.1.0-1", 0, "packet type"),
                client(null, "2002 0000", Rule.FIRST_PACKET, "5.0/3.1.0-1", 0, "packet type"),
                client(null, "110c", Rule.FIXED_HEADER_FLAGS, "5.0/2.1.3-1", 0, "fixed header flags"),
                client(V5, "100c", Rule.SECOND_CONNECT, "5.0/3.1.0-2", 0, "packet type"),
                client(V311, "10", Rule.SECOND_CONNECT, "311/3.1.0-2", 0, "packet type"));
    }

    private static List<Broken> headers() {
        return List.of(
                client(V5, "0000", Rule.PACKET_TYPE, "5.0/2.1.2", 0, "packet type"),
                client(V311, "f000", Rule.PACKET_TYPE, "311/2.2.1", 0, "packet type"),
                client(V5, "d000", Rule.DIRECTION, "5.0/2.1.2", 0, "packet type"),
                client(V5, "20", Rule.DIRECTION, "5.0/2.1.2", 0, "packet type"),
                client(V31, "9003", Rule.DIRECTION, "311/2.2.1", 0, "packet type"),
                client(V5, "b003", Rule.DIRECTION, "5.0/2.1.2", 0, "packet type"),
                server(V5, "c000", Rule.DIRECTION, "5.0/2.1.2", 0, "packet type"),
                server(V5, "10", Rule.DIRECTION, "5.0/2.1.2", 0, "packet type"),
                server(V5, "82", Rule.DIRECTION, "5.0/2.1.2", 0, "packet type"),
                server(V5, "a2", Rule.DIRECTION, "5.0/2.1.2", 0, "packet type"),
                server(V311, "e000", Rule.DIRECTION, "311/2.2.1", 0, "packet type"),
                client(V5, "80", Rule.FIXED_HEADER_FLAGS, "5.0/2.1.3-1", 0, "fixed header flags"),
                client(V5, "60", Rule.FIXED_HEADER_FLAGS, "5.0/2.1.3-1", 0, "fixed header flags"),
                client(V311, "6a", Rule.FIXED_HEADER_FLAGS, "311/2.2.2-1", 0, "fixed header flags"),
                client(V5, "a0", Rule.FIXED_HEADER_FLAGS, "5.0/2.1.3-1", 0, "fixed header flags"),
                client(V5, "41", Rule.FIXED_HEADER_FLAGS, "5.0/2.1.3-1", 0, "fixed header flags"),
                client(V5, "c1", Rule.FIXED_HEADER_FLAGS, "5.0/2.1.3-1", 0, "fixed header flags"),
                client(V311, "e1", Rule.FIXED_HEADER_FLAGS, "311/2.2.2-1", 0, "fixed header flags"),
                client(V5, "f1", Rule.FIXED_HEADER_FLAGS, "5.0/2.1.3-1", 0, "fixed header flags"),
                client(V5, "30 8000", Rule.VARIABLE_BYTE_INTEGER, "5.0/1.5.5-1", 1, "remaining length"),
                client(V311, "30 ffffffff", Rule.VARIABLE_BYTE_INTEGER, "311/2.2.3", 1, "remaining length"),
                client(V5, "30 e607", Rule.PACKET_SIZE, "5.0/3.2.2-15", 1, "remaining length"),
                client(null, "10 ffffff7f", Rule.PACKET_SIZE, "5.0/3.2.2-15", 1, "remaining length"),
                client(V5, "c001 00", Rule.LEFT_OVER, "5.0/2.1.4", 2, "end of packet"),
                client(V311, "e001 00", Rule.LEFT_OVER, "311/2.2.3", 2, "end of packet"),
                client(V311, "4003 0001 00", Rule.LEFT_OVER, "311/2.2.3", 4, "end of packet"),
                client(V5, "4001 00", Rule.CUT_SHORT, "5.0/2.1.4", 2, "packet identifier"),
                client(V5, "3003 0002 74", Rule.CUT_SHORT, "5.0/2.1.4", 2, "topic name"),
                client(V5, "3003 0001 74", Rule.CUT_SHORT, "5.0/2.1.4", 5, "property length"),
                client(V5, "8206 0001 00 0001 74", Rule.CUT_SHORT, "5.0/2.1.4", 8, "subscription options"),
                client(V5, "4002 0000", Rule.PACKET_IDENTIFIER, "5.0/2.2.1-3", 2, "packet identifier"),
                client(V311, "6202 0000", Rule.PACKET_IDENTIFIER, "311/2.3.1-1", 2, "packet identifier"),
                client(V311, "3205 0001 74 0000", Rule.PACKET_IDENTIFIER, "311/2.3.1-1", 5, "packet identifier"),
                client(V5, "8207 0000 00 0001 74 00", Rule.PACKET_IDENTIFIER, "5.0/2.2.1-3", 2, "packet identifier"),
                client(V5, "a206 0000 00 0001 74", Rule.PACKET_IDENTIFIER, "5.0/2.2.1-3", 2, "packet identifier"));
    }

    private static List<Broken> texts() {
        return List.of(
                client(V5, "3005 0003 eda080", Rule.UTF_8, "5.0/1.5.4-1", 4, "topic name"),
                client(V5, "3005 0003 74c080", Rule.UTF_8, "5.0/1.5.4-1", 5, "topic name"),
                client(V311, "3004 0002 c3 28", Rule.UTF_8, "311/1.5.3-1", 4, "topic name"),
                client(V311, "3004 0002 74 c3", Rule.UTF_8, "311/1.5.3-1", 5, "topic name"),
                client(V5, "3006 0004 f4908080", Rule.UTF_8, "5.0/1.5.4-1", 4, "topic name"),
                client(V5, "3005 0003 740074", Rule.UTF_8_NULL, "5.0/1.5.4-2", 5, "topic name"),
                client(V311, "8206 0001 0001 00 00", Rule.UTF_8_NULL, "311/1.5.3-2", 6, "topic filter"),
                connect(NAME + "02 0000 00 0001 ff", Rule.UTF_8, "5.0/1.5.4-1", 15, "client identifier"));
    }

    private static List<Broken> connects() {
        return List.of(
                connect("0004 4d515455 05", Rule.PROTOCOL_NAME, "5.0/3.1.2-1", 2, "protocol name"),
                connect("0004 4d515454 06", Rule.PROTOCOL_LEVEL, "5.0/3.1.2-2", 8, "protocol level"),
                connect("0004 4d515454 03", Rule.PROTOCOL_LEVEL, "5.0/3.1.2-2", 8, "protocol level"),
                connect("0004 4d515454 84", Rule.PROTOCOL_LEVEL, "5.0/3.1.2-2", 8, "protocol level"),
                connect("0006 4d5149736470 83", Rule.PROTOCOL_LEVEL, "5.0/3.1.2-2", 10, "protocol level"),
                connect(NAME + "03", Rule.CONNECT_RESERVED_FLAG, "5.0/3.1.2-3", 9, "connect flags"),
                connect(NAME_311 + "01", Rule.CONNECT_RESERVED_FLAG, "311/3.1.2-3", 9, "connect flags"),
                connect(NAME + "08", Rule.WILL_QOS_WITHOUT_WILL, "5.0/3.1.2-11", 9, "connect flags"),
                connect(NAME_311 + "10", Rule.WILL_QOS_WITHOUT_WILL, "311/3.1.2-13", 9, "connect flags"),
                connect(NAME + "20", Rule.WILL_RETAIN_WITHOUT_WILL, "5.0/3.1.2-13", 9, "connect flags"),
                connect(NAME_311 + "20", Rule.WILL_RETAIN_WITHOUT_WILL, "311/3.1.2-15", 9, "connect flags"),
                connect(NAME + "1c", Rule.WILL_QOS, "5.0/3.1.2-12", 9, "connect flags"),
                connect(NAME_311 + "1c", Rule.WILL_QOS, "311/3.1.2-14", 9, "connect flags"),
                connect(NAME_311 + "40", Rule.PASSWORD_WITHOUT_USER_NAME, "311/3.1.2-22", 9, "connect flags"),
                connect(
                        "0006 4d5149736470 03 40",
                        Rule.PASSWORD_WITHOUT_USER_NAME,
                        "311/3.1.2-22",
                        11,
                        "connect flags"),
                connect(NAME_311 + "02 0000", Rule.CUT_SHORT, "311/2.2.3", 12, "client identifier"),
                connect(NAME_311 + "82 0000 0001 61", Rule.CUT_SHORT, "311/2.2.3", 15, "user name"),
                connect(NAME + "42 0000 00 0001 61", Rule.CUT_SHORT, "5.0/2.1.4", 16, "password"),
                connect(NAME_311 + "02 0000 0001 61 0001 62", Rule.LEFT_OVER, "311/2.2.3", 15, "end of packet"),
                connect(
                        NAME_311 + "06 0000 0001 61 0001 2b 0000",
                        Rule.TOPIC_WILDCARD,
                        "311/3.3.2-2",
                        15,
                        "will topic"),
                connect(NAME_311 + "06 0000 0001 61 0000 0000", Rule.TOPIC_EMPTY, "311/4.7.3-1", 15, "will topic"));
    }

    private static List<Broken> properties() {
        String connect = NAME + "02 0000";
        String will = NAME + "06 0000 00 0001 61";
        return List.of(
                client(V5, "3005 0001 74 02 01", Rule.PROPERTY_LENGTH, "5.0/2.2.2.1", 5, "property length"),
                client(
                        V5,
                        "3006 0001 74 01 01 00",
                        Rule.PROPERTY_LENGTH,
                        "5.0/2.2.2.1",
                        7,
                        "property payload_format_indicator"),
                client(
                        V5,
                        "3008 0001 74 03 03 0001 61",
                        Rule.PROPERTY_LENGTH,
                        "5.0/2.2.2.1",
                        7,
                        "property content_type"),
                client(V5, publish("7f 00"), Rule.PROPERTY_UNKNOWN, "5.0/2.2.2.2", 6, "property identifier"),
                client(V5, publish("00"), Rule.PROPERTY_UNKNOWN, "5.0/2.2.2.2", 6, "property identifier"),
                client(V5, publish("8101 00"), Rule.PROPERTY_UNKNOWN, "5.0/2.2.2.2", 6, "property identifier"),
                client(V5, publish("21 0001"), Rule.PROPERTY_MISPLACED, "5.0/2.2.2.2", 6, "property receive_maximum"),
                connect(will + "03 23 0001", Rule.PROPERTY_MISPLACED, "5.0/2.2.2.2", 17, "will property topic_alias"),
                connect(
                        connect + "05 18 00000001",
                        Rule.PROPERTY_MISPLACED,
                        "5.0/2.2.2.2",
                        13,
                        "property will_delay_interval"),
                client(
                        V5,
                        publish("01 00 01 00"),
                        Rule.PROPERTY_TWICE,
                        "5.0/2.2.2.2",
                        8,
                        "property payload_format_indicator"),
                client(
                        V5,
                        withLength("82", "0001", "0b 01 0b 02"),
                        Rule.PROPERTY_TWICE,
                        "5.0/2.2.2.2",
                        7,
                        "property subscription_identifier"),
                connect(
                        connect + "03 21 0000",
                        Rule.RECEIVE_MAXIMUM_ZERO,
                        "5.0/3.1.2.11.3",
                        14,
                        "property receive_maximum"),
                server(
                        V5,
                        withLength("20", "0000", "21 0000"),
                        Rule.RECEIVE_MAXIMUM_ZERO,
                        "5.0/3.1.2.11.3",
                        6,
                        "property receive_maximum"),
                connect(
                        connect + "05 27 00000000",
                        Rule.MAXIMUM_PACKET_SIZE_ZERO,
                        "5.0/3.1.2.11.4",
                        14,
                        "property maximum_packet_size"),
                connect(
                        connect + "02 19 02",
                        Rule.REQUEST_RESPONSE_INFORMATION,
                        "5.0/3.1.2.11.6",
                        14,
                        "property request_response_information"),
                connect(
                        connect + "02 17 02",
                        Rule.REQUEST_PROBLEM_INFORMATION,
                        "5.0/3.1.2.11.7",
                        14,
                        "property request_problem_information"),
                connect(
                        connect + "04 16 0001 61",
                        Rule.AUTHENTICATION_DATA_ALONE,
                        "5.0/3.1.2.11.10",
                        17,
                        "property authentication_method"),
                client(
                        V5,
                        withLength("f0", "18", ""),
                        Rule.AUTHENTICATION_METHOD,
                        "5.0/3.15.2.2.2",
                        3,
                        "authentication method"),
                server(
                        V5,
                        withLength("20", "0000", "24 02"),
                        Rule.CAPABILITY,
                        "5.0/3.2.2.3",
                        6,
                        "property maximum_qos"),
                server(
                        V5,
                        withLength("20", "0000", "2a 02"),
                        Rule.CAPABILITY,
                        "5.0/3.2.2.3",
                        6,
                        "property shared_subscription_available"),
                client(
                        V5,
                        publish("01 02"),
                        Rule.PAYLOAD_FORMAT,
                        "5.0/3.3.2.3.2",
                        7,
                        "property payload_format_indicator"),
                connect(
                        will + "02 01 02",
                        Rule.PAYLOAD_FORMAT,
                        "5.0/3.3.2.3.2",
                        18,
                        "will property payload_format_indicator"),
                client(V5, publish("08 0001 2b"), Rule.RESPONSE_TOPIC, "5.0/3.3.2-14", 7, "property response_topic"),
                client(V5, publish("08 0000"), Rule.RESPONSE_TOPIC, "5.0/3.3.2-14", 7, "property response_topic"),
                client(
                        V5,
                        withLength("82", "0001", "0b 00"),
                        Rule.SUBSCRIPTION_IDENTIFIER_ZERO,
                        "5.0/3.8.2.1.2",
                        6,
                        "property subscription_identifier"),
                client(
                        V5,
                        publish("0b 01"),
                        Rule.SUBSCRIPTION_IDENTIFIER_FROM_CLIENT,
                        "5.0/3.3.4-6",
                        6,
                        "property subscription_identifier"),
                server(
                        V5,
                        withLength("e0", "00", "11 00000001"),
                        Rule.SESSION_EXPIRY_FROM_SERVER,
                        "5.0/3.14.2-2",
                        4,
                        "property session_expiry_interval"));
    }

    private static List<Broken> publishes() {
        return List.of(
                client(V5, "36", Rule.PUBLISH_QOS, "5.0/3.3.1-4", 0, "QoS"),
                client(V311, "3f", Rule.PUBLISH_QOS, "311/3.3.1-4", 0, "QoS"),
                client(V5, "38", Rule.DUP_WITH_QOS_0, "5.0/3.3.1-2", 0, "DUP"),
                client(V311, "39", Rule.DUP_WITH_QOS_0, "311/3.3.1-2", 0, "DUP"),
                client(V5, "3004 0001 23 00", Rule.TOPIC_WILDCARD, "5.0/3.3.2-2", 2, "topic name"),
                client(V311, "3005 0003 612f2b", Rule.TOPIC_WILDCARD, "311/3.3.2-2", 2, "topic name"),
                client(V5, "3003 0000 00", Rule.TOPIC_EMPTY, "5.0/3.3.2.1", 2, "topic name"),
                client(V311, "3002 0000", Rule.TOPIC_EMPTY, "311/4.7.3-1", 2, "topic name"));
    }

    private static List<Broken> subscribes() {
        return List.of(
                client(V5, "8203 0001 00", Rule.SUBSCRIBE_EMPTY, "5.0/3.8.3-2", 5, "topic filter"),
                client(V311, "8202 0001", Rule.SUBSCRIBE_EMPTY, "311/3.8.3-3", 4, "topic filter"),
                client(V5, "a203 0001 00", Rule.UNSUBSCRIBE_EMPTY, "5.0/3.10.3-2", 5, "topic filter"),
                client(V311, "a202 0001", Rule.UNSUBSCRIBE_EMPTY, "311/3.10.3-2", 4, "topic filter"),
                client(
                        V5,
                        "8207 0001 00 0001 74 40",
                        Rule.SUBSCRIPTION_OPTIONS_RESERVED,
                        "5.0/3.8.3-5",
                        8,
                        "subscription options"),
                client(
                        V311,
                        "8206 0001 0001 74 04",
                        Rule.SUBSCRIPTION_OPTIONS_RESERVED,
                        "311/3.8.3-4",
                        7,
                        "subscription options"),
                client(V5, "8207 0001 00 0001 74 03", Rule.SUBSCRIPTION_QOS, "5.0/3.8.3.1", 8, "subscription options"),
                client(V311, "8206 0001 0001 74 03", Rule.SUBSCRIPTION_QOS, "311/3.8.3-4", 7, "subscription options"),
                client(V5, "8207 0001 00 0001 74 30", Rule.RETAIN_HANDLING, "5.0/3.8.3.1", 8, "subscription options"));
    }

    private static List<Broken> codes() {
        return List.of(
                server(V5, "2003 02 00 00", Rule.CONNACK_FLAGS, "5.0/3.2.2-1", 2, "connect acknowledge flags"),
                server(V311, "2002 02 00", Rule.CONNACK_FLAGS, "311/3.2.2.1", 2, "connect acknowledge flags"),
                server(V5, "2003 01 87 00", Rule.CONNACK_SESSION_PRESENT, "5.0/3.2.2-6", 3, "reason code"),
                server(V311, "2002 01 05", Rule.CONNACK_SESSION_PRESENT, "311/3.2.2-4", 3, "reason code"),
                server(V5, "2003 00 01 00", Rule.CONNACK_CODE, "5.0/3.2.2-8", 3, "reason code"),
                server(V311, "2002 00 06", Rule.CONNACK_CODE, "311/3.2.2.3", 3, "reason code"),
                client(V5, "4003 0001 92", Rule.PUBACK_CODE, "5.0/3.4.2-1", 4, "reason code"),
                client(V5, "5003 0001 01", Rule.PUBREC_CODE, "5.0/3.5.2-1", 4, "reason code"),
                client(V5, "6203 0001 10", Rule.PUBREL_CODE, "5.0/3.6.2-1", 4, "reason code"),
                client(V5, "7003 0001 80", Rule.PUBCOMP_CODE, "5.0/3.7.2-1", 4, "reason code"),
                client(V5, "7003 0001 ff", Rule.PUBCOMP_CODE, "5.0/3.7.2-1", 4, "reason code"),
                server(V5, "9004 0001 00 03", Rule.SUBACK_CODE, "5.0/3.9.3-2", 5, "reason code"),
                server(V311, "9003 0001 87", Rule.SUBACK_CODE, "311/3.9.3-2", 4, "reason code"),
                server(V5, "b004 0001 00 01", Rule.UNSUBACK_CODE, "5.0/3.11.3-2", 5, "reason code"),
                client(V5, "e001 8e", Rule.DISCONNECT_CODE, "5.0/3.14.2-1", 2, "reason code"),
                server(V5, "e001 04", Rule.DISCONNECT_CODE, "5.0/3.14.2-1", 2, "reason code"),
                client(V5, "f000", Rule.AUTH_CODE, "5.0/3.15.2-1", 2, "reason code"),
                client(V5, "f001 00", Rule.AUTH_CODE, "5.0/3.15.2-1", 2, "reason code"),
                server(V5, "f001 19", Rule.AUTH_CODE, "5.0/3.15.2-1", 2, "reason code"));
    }

    @Normative({
        "311/1.5.3-1",
        "311/1.5.3-2",
        "311/2.2.1",
        "311/2.2.2-1",
        "311/2.2.3",
        "311/2.3.1-1",
        "311/3.1.0-2",
        "311/3.1.2-3",
        "311/3.1.2-13",
        "311/3.1.2-14",
        "311/3.1.2-15",
        "311/3.1.2-22",
        "311/3.2.2.1",
        "311/3.2.2.3",
        "311/3.10.3-2",
        "311/3.2.2-4",
        "311/3.3.1-2",
        "311/3.3.1-4",
        "311/3.3.2-2",
        "311/3.8.3-3",
        "311/3.8.3-4",
        "311/3.9.3-2",
        "311/4.7.3-1",
        "5.0/1.5.4-1",
        "5.0/1.5.4-2",
        "5.0/1.5.5-1",
        "5.0/2.1.2",
        "5.0/2.1.3-1",
        "5.0/2.1.4",
        "5.0/2.2.1-3",
        "5.0/2.2.2.1",
        "5.0/2.2.2.2",
        "5.0/3.1.0-1",
        "5.0/3.1.0-2",
        "5.0/3.1.2-1",
        "5.0/3.1.2-2",
        "5.0/3.1.2-3",
        "5.0/3.1.2-11",
        "5.0/3.1.2.11.3",
        "5.0/3.1.2.11.4",
        "5.0/3.1.2.11.6",
        "5.0/3.1.2.11.7",
        "5.0/3.1.2.11.10",
        "5.0/3.1.2-12",
        "5.0/3.1.2-13",
        "5.0/3.2.2-1",
        "5.0/3.2.2.3",
        "5.0/3.2.2-15",
        "5.0/3.2.2-6",
        "5.0/3.2.2-8",
        "5.0/3.3.1-2",
        "5.0/3.3.1-4",
        "5.0/3.3.2.1",
        "5.0/3.3.2-2",
        "5.0/3.3.2.3.2",
        "5.0/3.3.2-14",
        "5.0/3.3.4-6",
        "5.0/3.4.2-1",
        "5.0/3.5.2-1",
        "5.0/3.6.2-1",
        "5.0/3.7.2-1",
        "5.0/3.8.2.1.2",
        "5.0/3.8.3.1",
        "5.0/3.8.3-2",
        "5.0/3.8.3-5",
        "5.0/3.9.3-2",
        "5.0/3.10.3-2",
        "5.0/3.11.3-2",
        "5.0/3.14.2-1",
        "5.0/3.14.2-2",
        "5.0/3.15.2-1",
        "5.0/3.15.2.2.2"
    })
    @ParameterizedTest
    @MethodSource
    void broken(Broken broken) {
        ByteBuf in = bytes(broken.hex);

        DecodeException e = refused(decoder(broken.version, broken.fromServer), in);

        assertThat(e.reason().facts())
                .containsEntry("rule", broken.id)
                .containsEntry("offset", Integer.toString(broken.offset))
                .containsEntry("field", broken.field);
        assertThat(broken.rule.id(e.version())).isEqualTo(broken.id);
        assertThat(e.reason().detail()).isEqualTo(broken.rule.detail(e.version()));
        assertThat(in.readerIndex()).isZero();
        assertThat(e.getStackTrace()).isEmpty();
    }

    @Test
    void every_rule_stands_in_the_table() {
        Set<Rule> tested = broken().map(Broken::rule).collect(Collectors.toSet());

        assertThat(tested).isEqualTo(EnumSet.allOf(Rule.class));
    }

    @Test
    void every_statement_of_the_table_is_declared() throws NoSuchMethodException {
        Normative declared =
                DecoderRulesTest.class.getDeclaredMethod("broken", Broken.class).getAnnotation(Normative.class);

        assertThat(declared.value())
                .containsExactlyInAnyOrderElementsOf(broken().map(Broken::id).collect(Collectors.toSet()));
    }

    @Test
    void the_details_are_those_of_the_standard() {
        assertThat(Rule.TOPIC_WILDCARD.detail(V5)).isEqualTo(Detail.TOPIC_NAME_INVALID);
        assertThat(Rule.PACKET_SIZE.detail(V5)).isEqualTo(Detail.PACKET_TOO_LARGE);
        assertThat(Rule.PROTOCOL_LEVEL.detail(null)).isEqualTo(Detail.UNSUPPORTED_PROTOCOL_VERSION);
        assertThat(Rule.SUBSCRIPTION_QOS.detail(V5)).isEqualTo(Detail.PROTOCOL_ERROR);
        assertThat(Rule.SUBSCRIPTION_QOS.detail(V311)).isEqualTo(Detail.MALFORMED_PACKET);
        assertThat(Rule.SUBSCRIPTION_OPTIONS_RESERVED.detail(V5)).isEqualTo(Detail.MALFORMED_PACKET);
        assertThat(Rule.RETAIN_HANDLING.detail(V5)).isEqualTo(Detail.PROTOCOL_ERROR);
    }

    @Test
    void a_packet_of_exactly_the_limit_is_taken_and_one_byte_more_is_refused_before_its_body() throws DecodeException {
        PacketDecoder decoder = decoder(V311, false);
        ByteBuf fits = Unpooled.buffer().writeBytes(bytes("30 e507 0001 74")).writeZero(MAX - 6);
        ByteBuf tooLarge = bytes("30 e607");

        Packet.Publish packet = (Packet.Publish) decoder.decode(fits);
        DecodeException e = refused(decoder, tooLarge);

        assertThat(packet.payload().size()).isEqualTo(MAX - 6);
        assertThat(e.packetSize()).isEqualTo(MAX + 1);
        assertThat(e.reason().facts())
                .containsEntry("limit", "max_packet_size=1000")
                .containsEntry("packet_size", "1001")
                .containsEntry("packet", "PUBLISH");
    }

    @Test
    void an_unknown_level_is_named() {
        DecodeException e = refused(decoder(null, false), bytes("1007 0004 4d515454 06"));

        assertThat(e.reason().facts()).containsEntry("protocol_name", "MQTT").containsEntry("protocol_level", "6");
    }

    @Test
    void a_refused_connect_tells_its_version_and_does_not_set_it() {
        PacketDecoder decoder = decoder(null, false);

        DecodeException e = refused(decoder, bytes("1008 " + NAME_311 + "01"));

        assertThat(e.version()).isEqualTo(V311);
        assertThat(decoder.version()).isNull();
    }

    @Test
    void a_connect_sets_the_version() throws DecodeException {
        PacketDecoder decoder = decoder(null, false);

        decoder.decode(bytes("100d " + NAME_311 + "02 0000 0001 61"));

        assertThat(decoder.version()).isEqualTo(V311);
    }

    @Test
    void mqtt_3_1_is_read_as_its_own_text_has_it() throws DecodeException {
        String name = "0006 4d5149736470 03";
        Packet.Connect bare =
                (Packet.Connect) decoder(null, false).decode(bytes("1027 " + name + "fb 000a 0019" + "61".repeat(25)));
        Packet repeated = decoder(V31, false).decode(bytes("8a06 0001 0001 74 fd"));

        assertThat(bare.clientId()).hasSize(25);
        assertThat(bare.username()).isNull();
        assertThat(bare.password()).isNull();
        assertThat(bare.will()).isNull();
        assertThat(repeated).isInstanceOf(Packet.Subscribe.class);
    }

    @Test
    void topic_aliases_and_filters_are_left_to_the_connection() throws DecodeException {
        PacketDecoder decoder = decoder(V5, false);

        assertThat(decoder.decode(bytes("3006 0000 03 23 0000"))).isInstanceOf(Packet.Publish.class);
        assertThat(decoder.decode(bytes("820a 0001 00 0004 61232f2b 00"))).isInstanceOf(Packet.Subscribe.class);
        assertThat(decoder.decode(bytes("8206 0001 00 0000 00"))).isInstanceOf(Packet.Subscribe.class);
    }

    @Test
    void a_byte_order_mark_is_a_character_like_others() throws DecodeException {
        Packet.Publish packet = (Packet.Publish) decoder(V311, false).decode(bytes("3006 0004 efbbbf74"));

        assertThat(packet.topic()).isEqualTo("\uFEFFt");
    }

    @Test
    void a_packet_after_another_counts_its_offset_from_its_own_first_byte() throws DecodeException {
        PacketDecoder decoder = decoder(V5, false);
        ByteBuf in = bytes("c000 c000 4002 0000 c000");
        decoder.decode(in);
        decoder.decode(in);

        DecodeException e = refused(decoder, in);

        assertThat(e.reason().facts()).containsEntry("offset", "2").containsEntry("bytes", "40 02 00 00");
    }

    @Test
    void no_rule_id_is_left_without_a_version() {
        for (Rule rule : Rule.values()) {
            assertThat(rule.id(V5)).startsWith("5.0/");
            assertThat(rule.id(null)).startsWith("5.0/");
        }
        assertThatThrownBy(() -> Rule.codeOf(io.nightjar.mqtt.PacketType.PINGREQ))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static DecodeException refused(PacketDecoder decoder, ByteBuf in) {
        try {
            Packet packet = decoder.decode(in);
            throw new AssertionError("was taken: " + packet);
        } catch (DecodeException e) {
            return e;
        }
    }

    private static PacketDecoder decoder(MqttVersion version, boolean fromServer) {
        if (fromServer) {
            return PacketDecoder.forClient(version, MAX);
        }
        PacketDecoder decoder = new PacketDecoder(MAX);
        if (version != null) {
            decoder.version(version);
        }
        return decoder;
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
    }
}
