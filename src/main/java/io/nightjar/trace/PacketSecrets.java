package io.nightjar.trace;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;

/** Takes password and authentication data out of packets; that they were there stays to be seen. */
final class PacketSecrets {
    private PacketSecrets() {}

    /** The packet with an empty password and empty authentication data where it has some, else the same object. */
    static Packet strip(Packet packet) {
        if (packet instanceof Packet.Connect connect) {
            return strip(connect);
        } else if (packet instanceof Packet.ConnAck ack && hasData(ack.properties())) {
            return new Packet.ConnAck(ack.sessionPresent(), ack.code(), strip(ack.properties()));
        } else if (packet instanceof Packet.Auth auth && hasData(auth.properties())) {
            return new Packet.Auth(auth.code(), strip(auth.properties()));
        }
        return packet;
    }

    private static Packet strip(Packet.Connect connect) {
        if (connect.password() == null && !hasData(connect.properties())) {
            return connect;
        }
        return new Packet.Connect(
                connect.version(),
                connect.cleanStart(),
                connect.keepAliveSeconds(),
                strip(connect.properties()),
                connect.clientId(),
                connect.will(),
                connect.username(),
                connect.password() == null ? null : Bytes.EMPTY);
    }

    private static boolean hasData(Properties properties) {
        return properties.has(Property.AUTHENTICATION_DATA);
    }

    private static Properties strip(Properties properties) {
        if (!hasData(properties)) {
            return properties;
        }
        Properties.Builder stripped = Properties.builder();
        properties.forEach((property, value) ->
                stripped.add(property, property == Property.AUTHENTICATION_DATA ? Bytes.EMPTY : value));
        return stripped.build();
    }
}
