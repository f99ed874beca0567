package io.nightjar.diagnosis;

import io.nightjar.mqtt.Cidr;
import org.jspecify.annotations.Nullable;

/**
 * What of a recorded end counts when many are looked at together.
 *
 * @param address IP address, empty if unknown
 * @param network its neighbours as {@link Cidr#neighbours} gives them, empty if unknown
 * @param idleMillis since the last packet in either direction, which is what a proxy or a NAT counts; -1 if unknown
 * @param keepAliveSeconds 0 if there is none
 * @param count how many ends it stands for
 */
record EndFacts(
        long atMillis,
        RecordedEvent.Kind kind,
        String clientId,
        String address,
        String network,
        String listener,
        String node,
        String reason,
        String detail,
        String side,
        long idleMillis,
        long keepAliveSeconds,
        long count) {

    static EndFacts of(RecordedEvent event) {
        String address = event.address();
        String network = address.isEmpty() ? null : Cidr.neighbours(address);
        return new EndFacts(
                event.atMillis(),
                event.kind(),
                event.clientId(),
                address,
                network == null ? "" : network,
                text(event, "listener"),
                text(event, "node"),
                text(event, "reason"),
                text(event, "detail"),
                text(event, "side"),
                idle(event.number("last_in_age_ms"), event.number("last_out_age_ms")),
                number(event.number("keep_alive_s")),
                event.times());
    }

    private static String text(RecordedEvent event, String name) {
        String text = event.text(name);
        return text == null ? "" : text;
    }

    private static long number(@Nullable Long number) {
        return number == null ? 0 : number;
    }

    private static long idle(@Nullable Long in, @Nullable Long out) {
        if (in == null) {
            return -1; // it never said a thing
        }
        return out == null ? in : Math.min(in, out);
    }

    /**
     * Whether something cut a connection for being idle, as far as one end can tell: it was closed without a DISCONNECT, had
     * been idle, and the client was not due to send a packet before that.
     */
    boolean mayBeCutForBeingIdle() {
        boolean closed = detail.equals("peer_fin") || detail.equals("peer_reset") || detail.equals("websocket_closed");
        boolean due = keepAliveSeconds > 0 && keepAliveSeconds * 1000 < idleMillis * 9 / 10;
        return kind == RecordedEvent.Kind.ENDED && closed && idleMillis >= IdlePaths.SHORTEST_MILLIS && !due;
    }
}
