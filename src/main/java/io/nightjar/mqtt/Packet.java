package io.nightjar.mqtt;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An MQTT Control Packet as a value, of any version. For 3.1.1 and 3.1 the properties are empty and the reason codes
 * are the ones MQTT 5 has for the same meaning.
 */
public sealed interface Packet {
    PacketType type();

    /**
     * @param keepAliveSeconds 0 switches Keep Alive off
     * @param clientId as sent, perhaps empty
     * @param password never printed
     */
    record Connect(
            MqttVersion version,
            boolean cleanStart,
            int keepAliveSeconds,
            Properties properties,
            String clientId,
            @Nullable Will will,
            @Nullable String username,
            @Nullable Bytes password)
            implements Packet {
        @Override
        public PacketType type() {
            return PacketType.CONNECT;
        }
    }

    /** For 3.x the code is sent as {@link ReasonCode#connectReturnCode()}. */
    record ConnAck(boolean sessionPresent, ReasonCode code, Properties properties) implements Packet {
        @Override
        public PacketType type() {
            return PacketType.CONNACK;
        }
    }

    /**
     * @param topic empty if an alias stands for it
     * @param packetId 1 to 65,535; 0 for QoS 0
     */
    record Publish(
            String topic, Bytes payload, QoS qos, boolean retain, boolean dup, int packetId, Properties properties)
            implements Packet {
        @Override
        public PacketType type() {
            return PacketType.PUBLISH;
        }
    }

    record PubAck(int packetId, ReasonCode code, Properties properties) implements Packet {
        public PubAck(int packetId, ReasonCode code) {
            this(packetId, code, Properties.NONE);
        }

        @Override
        public PacketType type() {
            return PacketType.PUBACK;
        }
    }

    record PubRec(int packetId, ReasonCode code, Properties properties) implements Packet {
        public PubRec(int packetId, ReasonCode code) {
            this(packetId, code, Properties.NONE);
        }

        @Override
        public PacketType type() {
            return PacketType.PUBREC;
        }
    }

    record PubRel(int packetId, ReasonCode code, Properties properties) implements Packet {
        public PubRel(int packetId, ReasonCode code) {
            this(packetId, code, Properties.NONE);
        }

        @Override
        public PacketType type() {
            return PacketType.PUBREL;
        }
    }

    record PubComp(int packetId, ReasonCode code, Properties properties) implements Packet {
        public PubComp(int packetId, ReasonCode code) {
            this(packetId, code, Properties.NONE);
        }

        @Override
        public PacketType type() {
            return PacketType.PUBCOMP;
        }
    }

    /** @param requests at least one */
    record Subscribe(int packetId, Properties properties, List<SubscriptionRequest> requests) implements Packet {
        public Subscribe {
            requests = List.copyOf(requests);
        }

        @Override
        public PacketType type() {
            return PacketType.SUBSCRIBE;
        }
    }

    /** @param codes one per request, in order */
    record SubAck(int packetId, Properties properties, List<ReasonCode> codes) implements Packet {
        public SubAck {
            codes = List.copyOf(codes);
        }

        @Override
        public PacketType type() {
            return PacketType.SUBACK;
        }
    }

    /** @param filters at least one */
    record Unsubscribe(int packetId, Properties properties, List<String> filters) implements Packet {
        public Unsubscribe {
            filters = List.copyOf(filters);
        }

        @Override
        public PacketType type() {
            return PacketType.UNSUBSCRIBE;
        }
    }

    /** @param codes one per filter, in order; 3.x sends none */
    record UnsubAck(int packetId, Properties properties, List<ReasonCode> codes) implements Packet {
        public UnsubAck {
            codes = List.copyOf(codes);
        }

        @Override
        public PacketType type() {
            return PacketType.UNSUBACK;
        }
    }

    /** The only PINGREQ there is. */
    record PingReq() implements Packet {
        public static final PingReq INSTANCE = new PingReq();

        @Override
        public PacketType type() {
            return PacketType.PINGREQ;
        }
    }

    /** The only PINGRESP there is. */
    record PingResp() implements Packet {
        public static final PingResp INSTANCE = new PingResp();

        @Override
        public PacketType type() {
            return PacketType.PINGRESP;
        }
    }

    record Disconnect(ReasonCode code, Properties properties) implements Packet {
        public Disconnect(ReasonCode code) {
            this(code, Properties.NONE);
        }

        @Override
        public PacketType type() {
            return PacketType.DISCONNECT;
        }
    }

    /** MQTT 5 only. */
    record Auth(ReasonCode code, Properties properties) implements Packet {
        @Override
        public PacketType type() {
            return PacketType.AUTH;
        }
    }
}
