package io.nightjar.net;

import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.UserProperty;
import org.jspecify.annotations.Nullable;

/**
 * Reads the properties of one packet and holds the rules about them [5.0/2.2.2]. A Topic Alias is taken as it is: the
 * connection knows the maximum and refuses 0 with Topic Alias invalid [5.0/3.3.2-8].
 */
final class PropertyReader {
    private PropertyReader() {}

    /** The properties of the packet itself; none before MQTT 5. */
    static Properties read(PacketReader in) throws DecodeException {
        return in.isV5() ? read(in, false) : Properties.NONE;
    }

    /** The Will Properties of a CONNECT [5.0/3.1.3.2]. */
    static Properties readWill(PacketReader in) throws DecodeException {
        return in.isV5() ? read(in, true) : Properties.NONE;
    }

    private static Properties read(PacketReader in, boolean will) throws DecodeException {
        in.property(null, will);
        int length = in.variableBytes("property length");
        if (length > in.remaining()) {
            throw in.fail(
                    Rule.PROPERTY_LENGTH, "it is " + length + ", the packet has " + in.remaining() + " bytes left");
        }
        Properties properties = length == 0 ? Properties.NONE : readAll(in, length, will);
        in.property(null, false);
        return properties;
    }

    private static Properties readAll(PacketReader in, int length, boolean will) throws DecodeException {
        int packetEnd = in.end();
        in.end(in.position() + length);
        Properties.Builder properties = Properties.builder();
        long seen = 0;
        while (in.remaining() > 0) {
            in.property(null, will);
            Property property = identifier(in, will);
            long bit = 1L << property.ordinal();
            if ((seen & bit) != 0 && !property.repeatableIn(in.type())) {
                throw in.fail(Rule.PROPERTY_TWICE, "it may stand only once");
            }
            seen |= bit;
            properties.add(property, checked(in, property, value(in, property)));
        }
        in.end(packetEnd);
        in.property(null, will);
        if (!will && properties.has(Property.AUTHENTICATION_DATA) && !properties.has(Property.AUTHENTICATION_METHOD)) {
            throw in.failIn(
                    "property authentication_method",
                    in.position(),
                    Rule.AUTHENTICATION_DATA_ALONE,
                    "it is left out, authentication data is there");
        }
        return properties.build();
    }

    private static Property identifier(PacketReader in, boolean will) throws DecodeException {
        int id = in.variableBytes("property identifier");
        Property property = Property.of(id);
        if (property == null) {
            throw in.fail(
                    Rule.PROPERTY_UNKNOWN,
                    in.type() == PacketType.CONNECT
                            ? "there is no such property"
                            : "there is no property " + String.format("0x%02X", id));
        }
        in.property(property, will);
        if (will ? !property.allowedInWill() : !property.allowedIn(in.type())) {
            throw in.fail(
                    Rule.PROPERTY_MISPLACED,
                    "it may not stand in "
                            + (will ? "the will properties" : in.type().name()));
        } else if (property == Property.SUBSCRIPTION_IDENTIFIER
                && in.type() == PacketType.PUBLISH
                && !in.fromServer()) {
            throw in.fail(Rule.SUBSCRIPTION_IDENTIFIER_FROM_CLIENT, "a client may not send it in PUBLISH");
        } else if (property == Property.SESSION_EXPIRY_INTERVAL
                && in.type() == PacketType.DISCONNECT
                && in.fromServer()) {
            throw in.fail(Rule.SESSION_EXPIRY_FROM_SERVER, "a server may not send it in DISCONNECT");
        }
        return property;
    }

    private static Object value(PacketReader in, Property property) throws DecodeException {
        return switch (property.type()) {
            case BYTE -> (Object) in.oneByte("");
            case TWO_BYTES -> in.twoBytes("");
            case FOUR_BYTES -> in.fourBytes("");
            case VARIABLE_BYTES -> in.variableBytes("");
            case STRING -> in.text("");
            case BINARY -> in.binary("");
            case STRING_PAIR -> new UserProperty(in.text("name"), in.text("value"));
        };
    }

    private static Object checked(PacketReader in, Property property, Object value) throws DecodeException {
        Rule broken =
                switch (property) {
                    case RECEIVE_MAXIMUM -> value.equals(0) ? Rule.RECEIVE_MAXIMUM_ZERO : null;
                    case MAXIMUM_PACKET_SIZE -> value.equals(0L) ? Rule.MAXIMUM_PACKET_SIZE_ZERO : null;
                    case SUBSCRIPTION_IDENTIFIER -> value.equals(0) ? Rule.SUBSCRIPTION_IDENTIFIER_ZERO : null;
                    case REQUEST_RESPONSE_INFORMATION -> flag(value, Rule.REQUEST_RESPONSE_INFORMATION);
                    case REQUEST_PROBLEM_INFORMATION -> flag(value, Rule.REQUEST_PROBLEM_INFORMATION);
                    case PAYLOAD_FORMAT_INDICATOR -> flag(value, Rule.PAYLOAD_FORMAT);
                    case MAXIMUM_QOS,
                            RETAIN_AVAILABLE,
                            WILDCARD_SUBSCRIPTION_AVAILABLE,
                            SUBSCRIPTION_IDENTIFIERS_AVAILABLE,
                            SHARED_SUBSCRIPTION_AVAILABLE -> flag(value, Rule.CAPABILITY);
                    default -> null;
                };
        if (broken != null) {
            throw in.fail(broken, value.equals(0) || value.equals(0L) ? "it is 0" : "it is neither 0 nor 1");
        } else if (property == Property.RESPONSE_TOPIC && !isTopicName((String) value)) {
            throw in.fail(Rule.RESPONSE_TOPIC, "it is empty or has a wildcard");
        }
        return value;
    }

    private static @Nullable Rule flag(Object value, Rule rule) {
        return (Integer) value > 1 ? rule : null;
    }

    private static boolean isTopicName(String topic) {
        return !topic.isEmpty() && topic.indexOf('+') < 0 && topic.indexOf('#') < 0;
    }
}
