package io.nightjar.actor;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Reads of trace files, on {@value #THREADS} threads of their own that end when idle: a disk that does not answer holds
 * those, and not what logins, API keys and the flight recorder use. {@value #WAITING} reads wait; one more is answered
 * at once that the node is busy. Thread-safe, never blocks.
 */
final class TraceReads {
    static final int THREADS = 2;
    static final int WAITING = 256;

    /** Why a read was not done. */
    static final String BUSY =
            WAITING + " reads of trace files wait on this node: its disk does not keep up; try again later";

    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor threads;

    TraceReads() {
        threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), work -> {
                    Thread thread = new Thread(work, "nightjar-trace-reads");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * @param to gets the answer, on any thread
     * @param read may block
     * @param busy makes the answer that is given at once if too many wait
     */
    <T> void answer(Consumer<T> to, Supplier<T> read, Supplier<T> busy) {
        try {
            threads.execute(() -> to.accept(read.get()));
        } catch (RejectedExecutionException full) {
            to.accept(busy.get());
        }
    }

    /** Lets those that wait end, and takes no more. */
    void stop() {
        threads.shutdown();
    }
}
