package io.nightjar.message;

import java.util.concurrent.Executor;

/** The event loops of this node: sockets and session actors of a ClientID share one. */
public interface EventLoops {
    int count();

    /** Runs tasks on loop {@code index}, in order. */
    Executor executor(int index);

    /**
     * Runs a task on loop {@code index}, from which it is called, in a later turn of that loop: when sockets were read and
     * others were served. For work that is done in pieces so that nobody waits for all of it.
     */
    default void later(int index, Runnable task) {
        executor(index).execute(task);
    }

    /** The wheel of loop {@code index}; touch it only on that loop. */
    TimerWheel wheel(int index);

    /** Whether the calling thread is that of loop {@code index}. */
    boolean isOn(int index);
}
