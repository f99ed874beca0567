package io.nightjar.connection;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet.Connect;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.Topics;
import io.nightjar.mqtt.Utf8;
import io.nightjar.mqtt.Will;
import java.util.function.Supplier;

/** What a CONNECT and our limits agree on [5.0/3.1, 3.2]. */
public sealed interface Handshake {
    /**
     * The CONNECT is fine so far; who sent it is not checked yet.
     *
     * @param clientId as sent, or the one we assigned
     * @param sessionExpirySeconds in force; 0xFFFFFFFF = never
     * @param requestedExpirySeconds as sent [5.0/3.14.2-2 compares with it]
     * @param keepAliveSeconds in force, 0 = off
     * @param receiveMaximum PUBLISH we may have open toward the client
     * @param maximumPacketSize largest packet the client takes
     * @param outboundAliasMaximum aliases we may use toward the client
     * @param connAck properties that CONNACK carries
     */
    record Agreed(
            String clientId,
            long sessionExpirySeconds,
            long requestedExpirySeconds,
            int keepAliveSeconds,
            int receiveMaximum,
            int maximumPacketSize,
            int outboundAliasMaximum,
            Properties connAck)
            implements Handshake {}

    /** The CONNECT is refused. */
    record Refused(DisconnectReason reason) implements Handshake {}

    /** Session Expiry Interval that never runs out [5.0/3.1.2.11.2]. */
    long EXPIRY_NEVER = 0xFFFF_FFFFL;

    /** Compares a CONNECT with the limits; {@code newClientId} makes a unique one for an empty ClientID. */
    static Handshake of(Connect connect, ConnectionLimits limits, Supplier<String> newClientId) {
        boolean v5 = connect.version() == MqttVersion.V5;
        boolean assigned = connect.clientId().isEmpty();
        if (assigned && !v5 && !connect.cleanStart()) {
            return refuse("an empty ClientID needs Clean Session 1", "311/3.1.3-8"); // [311/3.1.3-8]
        } else if (assigned && connect.version() == MqttVersion.V3_1) {
            return refuse("MQTT 3.1 has no empty ClientID", "311/3.1.3-8");
        }
        int idBytes = Utf8.size(connect.clientId());
        if (idBytes > limits.maxClientIdBytes()) {
            return new Refused(DisconnectReason.of(
                    Detail.CLIENT_IDENTIFIER_NOT_VALID,
                    "problem",
                    "the ClientID has " + idBytes + " bytes",
                    "limit",
                    "max-clientid-length=" + limits.maxClientIdBytes()));
        }
        Will will = connect.will();
        if (will != null) {
            String fault = Topics.nameFault(will.topic(), limits.maxTopicLevels());
            if (fault != null) {
                return new Refused(DisconnectReason.of(
                        Detail.TOPIC_NAME_INVALID,
                        "packet",
                        "CONNECT",
                        "field",
                        "will topic",
                        "problem",
                        fault,
                        "limit",
                        "max-topic-levels=" + limits.maxTopicLevels()));
            }
            DisconnectReason refused = limits.offers().publishFault(will.qos(), will.retain(), true);
            if (refused != null) {
                return new Refused(refused);
            }
        }
        String clientId = assigned ? newClientId.get() : connect.clientId();
        return agree(connect, limits, clientId, assigned);
    }

    private static Refused refuse(String problem, String rule) {
        return new Refused(DisconnectReason.of(Detail.CLIENT_IDENTIFIER_NOT_VALID, "problem", problem, "rule", rule));
    }

    private static Agreed agree(Connect connect, ConnectionLimits limits, String clientId, boolean assigned) {
        boolean v5 = connect.version() == MqttVersion.V5;
        Properties sent = connect.properties();
        long requested = v5
                ? sent.getLong(Property.SESSION_EXPIRY_INTERVAL, 0)
                : connect.cleanStart() ? 0 : limits.v3SessionExpirySeconds();
        long expiry = v5 ? Math.min(requested, limits.maxSessionExpirySeconds()) : requested;
        int keepAlive = connect.keepAliveSeconds();
        int maxKeepAlive = limits.maxKeepAliveSeconds();
        if (v5 && maxKeepAlive > 0 && (keepAlive == 0 || keepAlive > maxKeepAlive)) {
            keepAlive = maxKeepAlive; // announced below [5.0/3.2.2-21]
        }
        int receiveMaximum = Math.min(sent.getInt(Property.RECEIVE_MAXIMUM, 65_535), limits.maxInflight());
        long packetSize = sent.getLong(Property.MAXIMUM_PACKET_SIZE, Integer.MAX_VALUE);
        Properties connAck = Properties.NONE;
        if (v5) {
            Properties.Builder builder = Properties.builder();
            if (assigned) {
                builder.add(Property.ASSIGNED_CLIENT_IDENTIFIER, clientId); // [5.0/3.2.2-16]
            }
            if (expiry != requested) {
                builder.add(Property.SESSION_EXPIRY_INTERVAL, expiry);
            }
            if (keepAlive != connect.keepAliveSeconds()) {
                builder.add(Property.SERVER_KEEP_ALIVE, keepAlive);
            }
            if (limits.receiveMaximum() < 65_535) {
                builder.add(Property.RECEIVE_MAXIMUM, limits.receiveMaximum());
            }
            builder.add(Property.MAXIMUM_PACKET_SIZE, (long) limits.maxPacketSize());
            if (limits.topicAliasMaximum() > 0) {
                builder.add(Property.TOPIC_ALIAS_MAXIMUM, limits.topicAliasMaximum());
            }
            limits.offers().announce(builder);
            connAck = builder.build();
        }
        return new Agreed(
                clientId,
                expiry,
                requested,
                keepAlive,
                receiveMaximum,
                (int) Math.min(packetSize, Integer.MAX_VALUE),
                Math.min(sent.getInt(Property.TOPIC_ALIAS_MAXIMUM, 0), limits.outboundAliasMaximum()),
                connAck);
    }
}
