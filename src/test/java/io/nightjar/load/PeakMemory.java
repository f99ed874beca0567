package io.nightjar.load;

import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks at a broker's memory on a thread of its own, twice a second, and remembers the most. */
final class PeakMemory implements AutoCloseable {
    private static final long EVERY_MILLIS = 500;

    private final BrokerProcess broker;
    private final @Nullable BrokerFigures figures;
    private final Thread thread = new Thread(this::run, "peak-memory");
    private volatile long residentKib;
    private volatile long heapBytes;
    private volatile boolean ended;

    PeakMemory(BrokerProcess broker, @Nullable BrokerFigures figures) {
        this.broker = broker;
        this.figures = figures;
        thread.start();
    }

    private void run() {
        while (!ended) {
            residentKib = Math.max(residentKib, broker.residentKib());
            try {
                if (figures != null) {
                    Map<String, Double> now = figures.now();
                    long heap = now.getOrDefault("nightjar_jvm_heap_used_bytes", 0.0)
                            .longValue();
                    heapBytes = Math.max(heapBytes, heap);
                }
                Thread.sleep(EVERY_MILLIS);
            } catch (IOException busy) {
                // one look less
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    long residentMib() {
        return residentKib >> 10;
    }

    /** With what the next collection frees; 0 if the broker was not asked. */
    long heapMib() {
        return heapBytes >> 20;
    }

    @Override
    public void close() {
        ended = true;
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
