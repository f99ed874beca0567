package io.nightjar.net;

import io.nightjar.message.SessionLink;
import io.nightjar.message.TimerWheel;
import io.nightjar.mqtt.DisconnectReason;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * All open connections of a node, found in the wheels of the loops, so that no second list is kept. Thread-safe: the
 * work is handed to each loop.
 */
public final class OpenConnections {
    private final NettyLoops loops;

    public OpenConnections(NettyLoops loops) {
        this.loops = loops;
    }

    /** Ends every connection whose session lives on this node. */
    public void endThoseOfNode(String node, DisconnectReason reason) {
        endIf(
                connection -> {
                    SessionLink session = connection.session;
                    return session != null && session.node().equals(node);
                },
                reason);
    }

    /** Ends all, whatever state they are in. */
    public void endAll(DisconnectReason reason) {
        endIf(connection -> true, reason);
    }

    private void endIf(Predicate<MqttChannel> test, DisconnectReason reason) {
        for (int i = 0; i < loops.count(); i++) {
            TimerWheel wheel = loops.wheel(i);
            loops.executor(i).execute(() -> {
                List<MqttChannel> matching = new ArrayList<>();
                wheel.forEach(entry -> {
                    if (entry instanceof MqttChannel.Deadline deadline && test.test(deadline.connection())) {
                        matching.add(deadline.connection());
                    }
                });
                matching.forEach(connection -> connection.endOnLoop(reason));
            });
        }
    }
}
