package io.nightjar.net;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.Will;
import org.jspecify.annotations.Nullable;

/**
 * Reads a CONNECT of any version [5.0/3.1, 311/3.1].
 *
 * <p>MQTT 3.1 is read as its own text has it: the reserved flag and the will's QoS and RETAIN without a will are not
 * looked at, and a User Name or Password whose flag is set may be missing at the end. ClientIDs longer than its 23
 * characters are taken; an empty one is refused later. A level with the bridge bit 0x80 is a level we do not speak.
 */
final class ConnectReader {
    private static final int RESERVED = 0x01;
    private static final int CLEAN_START = 0x02;
    private static final int WILL = 0x04;
    private static final int WILL_QOS = 0x18;
    private static final int WILL_RETAIN = 0x20;
    private static final int PASSWORD = 0x40;
    private static final int USER_NAME = 0x80;

    /** A longer protocol name is not shown: with a wrong length it would run on into the payload. */
    private static final int SHOWN_NAME = 8;

    private ConnectReader() {}

    static Packet.Connect read(PacketReader in) throws DecodeException {
        MqttVersion version = version(in);
        int flags = flags(in, version);
        int keepAlive = in.twoBytes("keep alive");
        Properties properties = PropertyReader.read(in);
        String clientId = in.text("client identifier");
        Will will = (flags & WILL) == 0 ? null : will(in, flags);
        boolean mayBeMissing = version == MqttVersion.V3_1;
        String username = null;
        if ((flags & USER_NAME) != 0 && !(mayBeMissing && in.remaining() == 0)) {
            username = in.text("user name");
        }
        Bytes password = null;
        if ((flags & PASSWORD) != 0 && !(mayBeMissing && in.remaining() == 0)) {
            password = in.binary("password");
        }
        boolean cleanStart = (flags & CLEAN_START) != 0;
        return new Packet.Connect(version, cleanStart, keepAlive, properties, clientId, will, username, password);
    }

    private static MqttVersion version(PacketReader in) throws DecodeException {
        int nameAt = in.position();
        String name = in.text("protocol name");
        boolean known = false;
        for (MqttVersion version : MqttVersion.values()) {
            known |= version.protocolName().equals(name);
        }
        if (!known) {
            throw in.failIn(
                    "protocol name",
                    nameAt,
                    Rule.PROTOCOL_NAME,
                    "it is not MQTT or MQIsdp",
                    "protocol_name",
                    shown(name));
        }
        int level = in.oneByte("protocol level");
        MqttVersion version = MqttVersion.of(name, level);
        if (version == null) {
            throw in.fail(
                    Rule.PROTOCOL_LEVEL,
                    "MQTT 5.0, 3.1.1 and 3.1 have level 5 and 4 of MQTT and level 3 of MQIsdp",
                    "protocol_name",
                    name,
                    "protocol_level",
                    Integer.toString(level));
        }
        in.version(version);
        return version;
    }

    private static String shown(String name) {
        if (name.length() > SHOWN_NAME) {
            return name.length() + " characters";
        }
        StringBuilder text = new StringBuilder();
        name.chars().forEach(c -> text.append(c < 0x20 || c > 0x7E ? '.' : (char) c));
        return text.toString();
    }

    private static int flags(PacketReader in, MqttVersion version) throws DecodeException {
        int flags = in.oneByte("connect flags");
        if ((flags & WILL) != 0 && (flags & WILL_QOS) == WILL_QOS) {
            throw in.fail(Rule.WILL_QOS, "the will QoS is 3");
        } else if (version == MqttVersion.V3_1) {
            if ((flags & PASSWORD) != 0 && (flags & USER_NAME) == 0) {
                throw in.fail(Rule.PASSWORD_WITHOUT_USER_NAME, "the password flag is set, the user name flag is not");
            }
            return flags;
        } else if ((flags & RESERVED) != 0) {
            throw in.fail(Rule.CONNECT_RESERVED_FLAG, "the reserved flag is set");
        } else if ((flags & WILL) == 0 && (flags & WILL_QOS) != 0) {
            throw in.fail(Rule.WILL_QOS_WITHOUT_WILL, "the will QoS is not 0, the will flag is not set");
        } else if ((flags & WILL) == 0 && (flags & WILL_RETAIN) != 0) {
            throw in.fail(Rule.WILL_RETAIN_WITHOUT_WILL, "the will retain flag is set, the will flag is not");
        } else if (version == MqttVersion.V3_1_1 && (flags & PASSWORD) != 0 && (flags & USER_NAME) == 0) {
            throw in.fail(Rule.PASSWORD_WITHOUT_USER_NAME, "the password flag is set, the user name flag is not");
        }
        return flags;
    }

    private static @Nullable Will will(PacketReader in, int flags) throws DecodeException {
        Properties properties = PropertyReader.readWill(in);
        String topic = in.text("will topic");
        BodyReader.requireTopicName(in, topic);
        Bytes payload = in.binary("will payload");
        return new Will(topic, payload, QoS.of((flags & WILL_QOS) >> 3), (flags & WILL_RETAIN) != 0, properties);
    }
}
