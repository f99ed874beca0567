package io.nightjar.net;

import static io.nightjar.mqtt.Detail.MALFORMED_PACKET;
import static io.nightjar.mqtt.Detail.NOT_MQTT;
import static io.nightjar.mqtt.Detail.PACKET_TOO_LARGE;
import static io.nightjar.mqtt.Detail.PROTOCOL_ERROR;
import static io.nightjar.mqtt.Detail.TOPIC_NAME_INVALID;
import static io.nightjar.mqtt.Detail.UNSUPPORTED_PROTOCOL_VERSION;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.PacketType;
import org.jspecify.annotations.Nullable;

/**
 * Every rule of the standard that the decoder enforces, with the detail it ends a connection with.
 *
 * <p>An id with a dash is a numbered statement; one without is the section of a rule that has no number. MQTT 3.1 has
 * no numbered statements: what its connections break is named with the statement of 3.1.1.
 */
enum Rule {
    NOT_CONNECT(NOT_MQTT, "3.1.0-1", "3.1.0-1"),
    FIRST_PACKET(PROTOCOL_ERROR, "3.1.0-1", "3.1.0-1"),
    SECOND_CONNECT(PROTOCOL_ERROR, "3.1.0-2", "3.1.0-2"),
    PACKET_TYPE(MALFORMED_PACKET, "2.1.2", "2.2.1"),
    DIRECTION(PROTOCOL_ERROR, "2.1.2", "2.2.1"),
    FIXED_HEADER_FLAGS(MALFORMED_PACKET, "2.1.3-1", "2.2.2-1"),
    VARIABLE_BYTE_INTEGER(MALFORMED_PACKET, "1.5.5-1", "2.2.3"),
    PACKET_SIZE(PACKET_TOO_LARGE, "3.2.2-15", "2.2.3"),
    CUT_SHORT(MALFORMED_PACKET, "2.1.4", "2.2.3"),
    LEFT_OVER(MALFORMED_PACKET, "2.1.4", "2.2.3"),
    UTF_8(MALFORMED_PACKET, "1.5.4-1", "1.5.3-1"),
    UTF_8_NULL(MALFORMED_PACKET, "1.5.4-2", "1.5.3-2"),
    PACKET_IDENTIFIER(PROTOCOL_ERROR, "2.2.1-3", "2.3.1-1"),

    PROTOCOL_NAME(UNSUPPORTED_PROTOCOL_VERSION, "3.1.2-1", "3.1.2-1"),
    PROTOCOL_LEVEL(UNSUPPORTED_PROTOCOL_VERSION, "3.1.2-2", "3.1.2-2"),
    CONNECT_RESERVED_FLAG(MALFORMED_PACKET, "3.1.2-3", "3.1.2-3"),
    WILL_QOS_WITHOUT_WILL(MALFORMED_PACKET, "3.1.2-11", "3.1.2-13"),
    WILL_RETAIN_WITHOUT_WILL(MALFORMED_PACKET, "3.1.2-13", "3.1.2-15"),
    WILL_QOS(MALFORMED_PACKET, "3.1.2-12", "3.1.2-14"),
    PASSWORD_WITHOUT_USER_NAME(MALFORMED_PACKET, "3.1.2.9", "3.1.2-22"),

    PROPERTY_LENGTH(MALFORMED_PACKET, "2.2.2.1"),
    PROPERTY_UNKNOWN(MALFORMED_PACKET, "2.2.2.2"),
    PROPERTY_MISPLACED(MALFORMED_PACKET, "2.2.2.2"),
    PROPERTY_TWICE(PROTOCOL_ERROR, "2.2.2.2"),
    RECEIVE_MAXIMUM_ZERO(PROTOCOL_ERROR, "3.1.2.11.3"),
    MAXIMUM_PACKET_SIZE_ZERO(PROTOCOL_ERROR, "3.1.2.11.4"),
    REQUEST_RESPONSE_INFORMATION(PROTOCOL_ERROR, "3.1.2.11.6"),
    REQUEST_PROBLEM_INFORMATION(PROTOCOL_ERROR, "3.1.2.11.7"),
    AUTHENTICATION_DATA_ALONE(PROTOCOL_ERROR, "3.1.2.11.10"),
    AUTHENTICATION_METHOD(PROTOCOL_ERROR, "3.15.2.2.2"),
    CAPABILITY(PROTOCOL_ERROR, "3.2.2.3"),
    PAYLOAD_FORMAT(PROTOCOL_ERROR, "3.3.2.3.2"),
    RESPONSE_TOPIC(PROTOCOL_ERROR, "3.3.2-14"),
    SUBSCRIPTION_IDENTIFIER_ZERO(PROTOCOL_ERROR, "3.8.2.1.2"),
    SUBSCRIPTION_IDENTIFIER_FROM_CLIENT(PROTOCOL_ERROR, "3.3.4-6"),
    SESSION_EXPIRY_FROM_SERVER(PROTOCOL_ERROR, "3.14.2-2"),

    PUBLISH_QOS(MALFORMED_PACKET, "3.3.1-4", "3.3.1-4"),
    DUP_WITH_QOS_0(PROTOCOL_ERROR, "3.3.1-2", "3.3.1-2"),
    TOPIC_WILDCARD(TOPIC_NAME_INVALID, "3.3.2-2", "3.3.2-2"),
    TOPIC_EMPTY(PROTOCOL_ERROR, "3.3.2.1", "4.7.3-1"),

    SUBSCRIBE_EMPTY(PROTOCOL_ERROR, "3.8.3-2", "3.8.3-3"),
    UNSUBSCRIBE_EMPTY(PROTOCOL_ERROR, "3.10.3-2", "3.10.3-2"),
    SUBSCRIPTION_OPTIONS_RESERVED(MALFORMED_PACKET, "3.8.3-5", "3.8.3-4"),
    SUBSCRIPTION_QOS(PROTOCOL_ERROR, "3.8.3.1", "3.8.3-4"),
    RETAIN_HANDLING(PROTOCOL_ERROR, "3.8.3.1"),

    CONNACK_FLAGS(MALFORMED_PACKET, "3.2.2-1", "3.2.2.1"),
    CONNACK_SESSION_PRESENT(PROTOCOL_ERROR, "3.2.2-6", "3.2.2-4"),
    CONNACK_CODE(PROTOCOL_ERROR, "3.2.2-8", "3.2.2.3"),
    PUBACK_CODE(PROTOCOL_ERROR, "3.4.2-1"),
    PUBREC_CODE(PROTOCOL_ERROR, "3.5.2-1"),
    PUBREL_CODE(PROTOCOL_ERROR, "3.6.2-1"),
    PUBCOMP_CODE(PROTOCOL_ERROR, "3.7.2-1"),
    SUBACK_CODE(PROTOCOL_ERROR, "3.9.3-2", "3.9.3-2"),
    UNSUBACK_CODE(PROTOCOL_ERROR, "3.11.3-2"),
    DISCONNECT_CODE(PROTOCOL_ERROR, "3.14.2-1"),
    AUTH_CODE(PROTOCOL_ERROR, "3.15.2-1");

    private final Detail detail;
    private final String id;
    private final @Nullable String id311;

    Rule(Detail detail, String id, String id311) {
        this.detail = detail;
        this.id = "5.0/" + id;
        this.id311 = "311/" + id311;
    }

    /** A rule about something that only MQTT 5 has. */
    Rule(Detail detail, String id) {
        this.detail = detail;
        this.id = "5.0/" + id;
        this.id311 = null;
    }

    /** The detail; a QoS above 2 in SUBSCRIBE is a Protocol Error in MQTT 5 and malformed before [311/3.8.3-4]. */
    Detail detail(@Nullable MqttVersion version) {
        return this == SUBSCRIPTION_QOS && version != null && version != MqttVersion.V5 ? MALFORMED_PACKET : detail;
    }

    /** Such as {@code 5.0/3.8.3-4}; while the version is not known yet, the statement of MQTT 5. */
    String id(@Nullable MqttVersion version) {
        return id311 == null || version == null || version == MqttVersion.V5 ? id : id311;
    }

    /** The rule that limits the Reason Codes of this type of packet. */
    static Rule codeOf(PacketType type) {
        return switch (type) {
            case CONNACK -> CONNACK_CODE;
            case PUBACK -> PUBACK_CODE;
            case PUBREC -> PUBREC_CODE;
            case PUBREL -> PUBREL_CODE;
            case PUBCOMP -> PUBCOMP_CODE;
            case SUBACK -> SUBACK_CODE;
            case UNSUBACK -> UNSUBACK_CODE;
            case DISCONNECT -> DISCONNECT_CODE;
            case AUTH -> AUTH_CODE;
            case CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, PINGRESP ->
                throw new IllegalArgumentException(type + " has no Reason Code");
        };
    }
}
