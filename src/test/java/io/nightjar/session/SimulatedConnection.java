package io.nightjar.session;

import io.nightjar.mqtt.Detail;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One Network Connection of the simulation. Both directions keep their order; nothing else is certain. */
final class SimulatedConnection {
    /** What the broker tells the device when it is attached. */
    record Attached(int generation) {}

    final SimulatedSession session;
    final SimulatedDevice device;
    final AttachRequest request;
    /** Commands that the connection read and the session did not get yet. */
    final ArrayDeque<Runnable> toSession = new ArrayDeque<>();
    /** Packets and {@link Attached} on the wire to the device. */
    final ArrayDeque<Object> toDevice = new ArrayDeque<>();
    /** Packet Identifiers of PUBLISH packets that were sent here and not completed. */
    final Set<Integer> open = new HashSet<>();

    /** 0 until attached. */
    long attachment;
    /** Why it ended, once. */
    @Nullable
    Detail ended;
    /** Why it lost its session, as the session saw it. */
    @Nullable
    Detail lostSession;

    boolean full;

    SimulatedConnection(SimulatedSession session, SimulatedDevice device, AttachRequest request) {
        this.session = session;
        this.device = device;
        this.request = request;
    }

    /** The first end is the only one; what is on the wire is lost. */
    void end(Detail detail) {
        if (ended == null) {
            ended = detail;
            toDevice.clear();
        }
    }

    /** The transport closes: the session hears of it after all that was read before. */
    void close(Detail detail, @Nullable Long newExpirySeconds) {
        if (ended == null) {
            end(detail);
            toSession.add(() -> session.detach(this, detail, newExpirySeconds));
        }
    }

    boolean isOver() {
        return ended != null && toSession.isEmpty();
    }
}
