package io.nightjar.message;

import java.util.concurrent.Executor;

/** The event loops of this node: sockets and session actors of a ClientID share one. */
public interface EventLoops {
    int count();

    /** Runs tasks on loop {@code index}, in order. */
    Executor executor(int index);

    /** The wheel of loop {@code index}; touch it only on that loop. */
    TimerWheel wheel(int index);

    /** Whether the calling thread is that of loop {@code index}. */
    boolean isOn(int index);
}
