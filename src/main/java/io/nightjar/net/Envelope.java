package io.nightjar.net;

import io.netty.channel.ChannelFuture;
import io.nightjar.mqtt.DisconnectReason;
import org.jspecify.annotations.Nullable;

/**
 * What carries packets between {@link MqttChannel} and the bytes below, and has words and deadlines of its own: an HTTP
 * upgrade, then a WebSocket. Plain TCP has none. Belongs to the channel's event loop.
 */
interface Envelope {
    /** Bytes that it writes in front of a buffer of packets, which leaves room for them. */
    default int headroom() {
        return 0;
    }

    /** Writes what the peer must still be told behind the last packet and flushes it; null if nothing. */
    @Nullable
    ChannelFuture goodbye(DisconnectReason reason);

    /** The reason if the time for CONNECT passed and it is this that is not ready; null if only the CONNECT lacks. */
    default @Nullable DisconnectReason overdue(String limit) {
        return null;
    }

    /** When a connected client must have been heard; {@link Long#MAX_VALUE} = never. */
    default long deadlineMillis() {
        return Long.MAX_VALUE;
    }

    /** That time came: asks for a sign of life, or ends the connection. */
    default void deadlinePassed(long nowMillis) {}
}
