package io.nightjar.actor;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Will;
import io.nightjar.trace.TraceEvent;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What an event that waits counts against the bytes that may wait: its texts and payloads by length, its properties as
 * they are on the wire, and so much for each object. That is what it holds in memory within a factor of two, since a
 * character may take two bytes.
 */
final class EventWeight {
    /** The event, its packet and its map. */
    static final int EVENT_BYTES = 512;

    /** One text, filter, property or field, besides its content. */
    static final int ELEMENT_BYTES = 64;

    /** One Reason Code in a list. */
    private static final int CODE_BYTES = 4;

    private EventWeight() {}

    static int of(TraceEvent event) {
        int bytes = EVENT_BYTES + event.clientId().length() + event.peer().length() + of(event.packet());
        for (Object value : event.fields().values()) {
            bytes += ofField(value);
        }
        return bytes;
    }

    private static int ofField(Object value) {
        int bytes = ELEMENT_BYTES;
        if (value instanceof CharSequence text) {
            bytes += text.length();
        } else if (value instanceof Bytes payload) {
            bytes += payload.size();
        } else if (value instanceof Collection<?> values) {
            for (Object one : values) {
                bytes += one == null ? 0 : ofField(one);
            }
        }
        return bytes;
    }

    private static int of(@Nullable Packet packet) {
        if (packet instanceof Packet.Publish publish) {
            return publish.payload().size() + publish.topic().length() + of(publish.properties());
        } else if (packet instanceof Packet.Connect connect) {
            return of(connect);
        } else if (packet instanceof Packet.Subscribe subscribe) {
            int bytes = of(subscribe.properties());
            for (SubscriptionRequest request : subscribe.requests()) {
                bytes += ELEMENT_BYTES + request.filter().length();
            }
            return bytes;
        } else if (packet instanceof Packet.Unsubscribe unsubscribe) {
            int bytes = of(unsubscribe.properties());
            for (String filter : unsubscribe.filters()) {
                bytes += ELEMENT_BYTES + filter.length();
            }
            return bytes;
        }
        return ofAnswer(packet);
    }

    private static int ofAnswer(@Nullable Packet packet) {
        if (packet instanceof Packet.ConnAck ack) {
            return of(ack.properties());
        } else if (packet instanceof Packet.PubAck ack) {
            return of(ack.properties());
        } else if (packet instanceof Packet.PubRec ack) {
            return of(ack.properties());
        } else if (packet instanceof Packet.PubRel ack) {
            return of(ack.properties());
        } else if (packet instanceof Packet.PubComp ack) {
            return of(ack.properties());
        } else if (packet instanceof Packet.SubAck ack) {
            return of(ack.properties()) + CODE_BYTES * ack.codes().size();
        } else if (packet instanceof Packet.UnsubAck ack) {
            return of(ack.properties()) + CODE_BYTES * ack.codes().size();
        } else if (packet instanceof Packet.Disconnect disconnect) {
            return of(disconnect.properties());
        } else if (packet instanceof Packet.Auth auth) {
            return of(auth.properties());
        }
        return 0;
    }

    private static int of(Packet.Connect connect) {
        String username = connect.username();
        Bytes password = connect.password();
        Will will = connect.will();
        int bytes = connect.clientId().length() + of(connect.properties());
        bytes += username == null ? 0 : username.length();
        bytes += password == null ? 0 : password.size();
        if (will != null) {
            bytes += ELEMENT_BYTES + will.topic().length() + will.payload().size() + of(will.properties());
        }
        return bytes;
    }

    private static int of(Properties properties) {
        return properties.isEmpty() ? 0 : properties.encodedSize() + properties.count() * ELEMENT_BYTES;
    }
}
