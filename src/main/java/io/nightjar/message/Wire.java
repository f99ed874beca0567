package io.nightjar.message;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import io.nightjar.session.AttachRequest;
import java.io.NotSerializableException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Wire form between nodes of the values that messages are made of. Enums of the standard travel as the numbers the
 * standard gives them, our own as their names, so that two versions of Nightjar that differ in a list still understand
 * each other in what they share.
 */
public final class Wire {
    /** First byte of everything that crosses; another one is refused, which loses that message and no other. */
    public static final int VERSION = 1;

    private Wire() {}

    /** Reads the version byte and refuses another than {@link #VERSION}. */
    public static void checkVersion(WireInput in) throws NotSerializableException {
        int version = in.readByte();
        if (version != VERSION) {
            throw new NotSerializableException("wire version " + version + " is not " + VERSION);
        }
    }

    public static void writeMessage(WireOutput out, Message message) {
        out.writeByte(message.qos().value()
                | (message.retain() ? 4 : 0)
                | (message.properties().isEmpty() ? 0 : 8));
        out.writeString(message.topic());
        out.writeBytes(message.payload());
        if (!message.properties().isEmpty()) {
            writeProperties(out, message.properties());
        }
        out.writeString(message.publisher());
        out.writeLong(message.createdAtMillis());
    }

    public static Message readMessage(WireInput in) throws NotSerializableException {
        int flags = in.readByte();
        QoS qos = qos(in, flags & 3);
        String topic = in.readString();
        Bytes payload = in.readBytes();
        Properties properties = (flags & 8) == 0 ? Properties.NONE : readProperties(in);
        return new Message(topic, payload, qos, (flags & 4) != 0, properties, in.readString(), in.readLong());
    }

    public static void writeDelivery(WireOutput out, Delivery delivery) {
        writeMessage(out, delivery.message());
        out.writeByte(delivery.qos().value() | (delivery.retain() ? 4 : 0) | (delivery.shared() ? 8 : 0));
        out.writeInt(delivery.subscriptionIdentifiers().size());
        delivery.subscriptionIdentifiers().forEach(out::writeInt);
        String sharedFilter = delivery.sharedFilter();
        if (sharedFilter != null) {
            out.writeString(sharedFilter);
        }
    }

    public static Delivery readDelivery(WireInput in) throws NotSerializableException {
        Message message = readMessage(in);
        int flags = in.readByte();
        QoS qos = qos(in, flags & 3);
        int count = in.readCount();
        List<Integer> identifiers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            identifiers.add(in.readInt());
        }
        String sharedFilter = (flags & 8) == 0 ? null : in.readString();
        return new Delivery(message, qos, (flags & 4) != 0, identifiers, sharedFilter);
    }

    public static void writeProperties(WireOutput out, Properties properties) {
        out.writeInt(properties.count());
        properties.forEach((property, value) -> {
            out.writeByte(property.id());
            switch (property.type()) {
                case BYTE, TWO_BYTES, VARIABLE_BYTES -> out.writeInt((Integer) value);
                case FOUR_BYTES -> out.writeLong((Long) value);
                case STRING -> out.writeString((String) value);
                case BINARY -> out.writeBytes((Bytes) value);
                case STRING_PAIR -> {
                    out.writeString(((UserProperty) value).name());
                    out.writeString(((UserProperty) value).value());
                }
            }
        });
    }

    public static Properties readProperties(WireInput in) throws NotSerializableException {
        int count = in.readCount();
        Properties.Builder builder = Properties.builder();
        for (int i = 0; i < count; i++) {
            int id = in.readByte();
            Property property = Property.of(id);
            if (property == null) {
                throw in.bad("no property has identifier " + id);
            }
            builder.add(property, readValue(in, property.type()));
        }
        return builder.build();
    }

    private static Object readValue(WireInput in, Property.Type type) throws NotSerializableException {
        return switch (type) {
            case BYTE, TWO_BYTES, VARIABLE_BYTES -> in.readInt();
            case FOUR_BYTES -> in.readLong();
            case STRING -> in.readString();
            case BINARY -> in.readBytes();
            case STRING_PAIR -> new UserProperty(in.readString(), in.readString());
        };
    }

    public static void writeWill(WireOutput out, Will will) {
        out.writeByte(will.qos().value() | (will.retain() ? 4 : 0));
        out.writeString(will.topic());
        out.writeBytes(will.payload());
        writeProperties(out, will.properties());
    }

    public static Will readWill(WireInput in) throws NotSerializableException {
        int flags = in.readByte();
        QoS qos = qos(in, flags & 3);
        return new Will(in.readString(), in.readBytes(), qos, (flags & 4) != 0, readProperties(in));
    }

    public static void writeConnectionInfo(WireOutput out, ConnectionInfo info) {
        AttachRequest request = info.request();
        out.writeByte(request.version().level());
        out.writeBoolean(request.cleanStart());
        out.writeLong(request.sessionExpirySeconds());
        out.writeLong(request.requestedExpirySeconds());
        out.writeInt(request.receiveMaximum());
        out.writeInt(request.maximumPacketSize());
        out.writeInt(request.keepAliveSeconds());
        Will will = request.will();
        out.writeBoolean(will != null);
        if (will != null) {
            writeWill(out, will);
        }
        out.writeNullableString(request.username());
        out.writeString(request.peer());
        out.writeString(request.node());
        out.writeInt(request.maxSubscriptions());
        out.writeNullableString(request.certificateSubject());
        out.writeString(info.listener());
        out.writeString(info.transport());
        out.writeLong(info.connectedAtMillis());
    }

    public static ConnectionInfo readConnectionInfo(WireInput in) throws NotSerializableException {
        AttachRequest request = new AttachRequest(
                version(in),
                in.readBoolean(),
                in.readLong(),
                in.readLong(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readBoolean() ? readWill(in) : null,
                in.readNullableString(),
                in.readString(),
                in.readString(),
                in.readInt(),
                in.readNullableString());
        return new ConnectionInfo(request, in.readString(), in.readString(), in.readLong());
    }

    public static void writeDisconnectReason(WireOutput out, DisconnectReason reason) {
        writeDetail(out, reason.detail());
        ReasonCode code = reason.code();
        out.writeBoolean(code != null);
        if (code != null) {
            out.writeByte(code.value());
        }
        out.writeInt(reason.facts().size());
        reason.facts().forEach((name, value) -> {
            out.writeString(name);
            out.writeString(value);
        });
    }

    public static void writeNullableReason(WireOutput out, @Nullable DisconnectReason reason) {
        out.writeBoolean(reason != null);
        if (reason != null) {
            writeDisconnectReason(out, reason);
        }
    }

    public static @Nullable DisconnectReason readNullableReason(WireInput in) throws NotSerializableException {
        return in.readBoolean() ? readDisconnectReason(in) : null;
    }

    public static DisconnectReason readDisconnectReason(WireInput in) throws NotSerializableException {
        Detail detail = readDetail(in);
        ReasonCode code = in.readBoolean() ? readReasonCode(in) : null;
        int count = in.readCount();
        Map<String, String> facts = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            facts.put(in.readString(), in.readString());
        }
        return new DisconnectReason(detail, code, facts);
    }

    public static void writeDetail(WireOutput out, Detail detail) {
        out.writeString(detail.name());
    }

    public static Detail readDetail(WireInput in) throws NotSerializableException {
        String name = in.readString();
        for (Detail detail : Detail.values()) {
            if (detail.name().equals(name)) {
                return detail;
            }
        }
        throw in.bad("no detail has this name");
    }

    public static void writeReasonCodes(WireOutput out, List<ReasonCode> codes) {
        out.writeInt(codes.size());
        codes.forEach(code -> out.writeByte(code.value()));
    }

    public static List<ReasonCode> readReasonCodes(WireInput in) throws NotSerializableException {
        int count = in.readCount();
        List<ReasonCode> codes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            codes.add(readReasonCode(in));
        }
        return codes;
    }

    public static ReasonCode readReasonCode(WireInput in) throws NotSerializableException {
        int value = in.readByte();
        ReasonCode code = ReasonCode.of(value);
        if (code == null) {
            throw in.bad("no Reason Code has value " + value);
        }
        return code;
    }

    static void writeOptions(WireOutput out, SubscriptionOptions options) {
        out.writeByte(options.qos().value()
                | (options.noLocal() ? 4 : 0)
                | (options.retainAsPublished() ? 8 : 0)
                | options.retainHandling() << 4);
    }

    static SubscriptionOptions readOptions(WireInput in) throws NotSerializableException {
        int flags = in.readByte();
        return new SubscriptionOptions(qos(in, flags & 3), (flags & 4) != 0, (flags & 8) != 0, flags >> 4);
    }

    public static void writeStrings(WireOutput out, List<String> texts) {
        out.writeInt(texts.size());
        texts.forEach(out::writeString);
    }

    public static List<String> readStrings(WireInput in) throws NotSerializableException {
        int count = in.readCount();
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(in.readString());
        }
        return texts;
    }

    /** The fields of a view are String, Long, Integer, Double or Boolean; anything else goes as its text. */
    public static void writeClientView(WireOutput out, ClientView view) {
        writeFields(out, view.fields());
    }

    private static void writeFields(WireOutput out, Map<?, ?> fields) {
        out.writeInt(fields.size());
        fields.forEach((name, value) -> {
            out.writeString(String.valueOf(name));
            if (value instanceof Long number) {
                out.writeByte(1);
                out.writeLong(number);
            } else if (value instanceof Integer number) {
                out.writeByte(2);
                out.writeInt(number);
            } else if (value instanceof Boolean flag) {
                out.writeByte(3);
                out.writeBoolean(flag);
            } else if (value instanceof Double number) {
                out.writeByte(4);
                out.writeLong(Double.doubleToLongBits(number));
            } else if (value instanceof Map<?, ?> fieldsBelow) {
                out.writeByte(5);
                writeFields(out, fieldsBelow);
            } else {
                out.writeByte(0);
                out.writeString(String.valueOf(value));
            }
        });
    }

    public static ClientView readClientView(WireInput in) throws NotSerializableException {
        return new ClientView(readFields(in, 1));
    }

    private static Map<String, Object> readFields(WireInput in, int levelsBelow) throws NotSerializableException {
        int count = in.readCount();
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            fields.put(in.readString(), readField(in, levelsBelow));
        }
        return fields;
    }

    private static Object readField(WireInput in, int levelsBelow) throws NotSerializableException {
        int kind = in.readByte();
        if (kind == 5 && levelsBelow > 0) {
            return readFields(in, levelsBelow - 1);
        }
        return switch (kind) {
            case 0 -> in.readString();
            case 1 -> in.readLong();
            case 2 -> in.readInt();
            case 3 -> in.readBoolean();
            case 4 -> Double.longBitsToDouble(in.readLong());
            default -> throw in.bad("no field is of kind " + kind);
        };
    }

    static QoS qos(WireInput in, int value) throws NotSerializableException {
        if (value > 2) {
            throw in.bad("QoS " + value);
        }
        return QoS.of(value);
    }

    private static MqttVersion version(WireInput in) throws NotSerializableException {
        int level = in.readByte();
        @Nullable MqttVersion found = null;
        for (MqttVersion version : MqttVersion.values()) {
            if (version.level() == level) {
                found = version;
            }
        }
        if (found == null) {
            throw in.bad("no MQTT version has level " + level);
        }
        return found;
    }
}
