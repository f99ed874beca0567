package io.nightjar.load;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;

/** The pauses of the collector by the JVM's own record, without those of collections that somebody asked for. */
final class Pauses implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofMillis(200);

    private final RecordingStream stream = new RecordingStream();
    private final Map<Long, long[]> pausesOf = new HashMap<>();
    private final Set<Long> asked = new HashSet<>();

    Pauses() {
        stream.setReuse(false);
        stream.enable("jdk.GCPhasePause").withoutThreshold();
        stream.enable("jdk.GarbageCollection").withoutThreshold();
        stream.onEvent("jdk.GCPhasePause", this::paused);
        stream.onEvent("jdk.GarbageCollection", this::collected);
        stream.startAsync();
    }

    private synchronized void paused(RecordedEvent event) {
        long[] known = pausesOf.getOrDefault(event.getLong("gcId"), new long[0]);
        long[] more = Arrays.copyOf(known, known.length + 1);
        more[known.length] = event.getDuration().toNanos();
        pausesOf.put(event.getLong("gcId"), more);
    }

    private synchronized void collected(RecordedEvent event) {
        String cause = String.valueOf(event.getString("cause"));
        if (cause.equals("System.gc()") || cause.startsWith("Heap Inspection")) {
            asked.add(event.getLong("gcId"));
        }
    }

    /** Waits for the record to be complete. */
    void stop() {
        try {
            stream.awaitTermination(PERIOD.multipliedBy(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stream.close();
    }

    /** Pauses in nanoseconds, the shortest first. */
    synchronized long[] sorted() {
        return pausesOf.entrySet().stream()
                .filter(gc -> !asked.contains(gc.getKey()))
                .flatMapToLong(gc -> Arrays.stream(gc.getValue()))
                .sorted()
                .toArray();
    }

    @Override
    public void close() {
        stream.close();
    }
}
