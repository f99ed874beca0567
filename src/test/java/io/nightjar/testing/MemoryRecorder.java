package io.nightjar.testing;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Recorded events in a list: what is added later is newer. A position is an index. */
public final class MemoryRecorder implements RecordedEvents {
    private final List<RecordedEvent> events = new ArrayList<>();

    /** Runs before each reading. */
    private volatile Runnable gate = () -> {};

    public synchronized void add(RecordedEvent event) {
        events.add(event);
    }

    public synchronized void clear() {
        events.clear();
    }

    public void gate(Runnable runsBeforeReading) {
        gate = runsBeforeReading;
    }

    @Override
    public Slice find(EventFilter filter, long before, int limit) {
        gate.run();
        synchronized (this) {
            List<RecordedEvent> found = new ArrayList<>();
            int at = (int) Math.min(before, events.size());
            while (at > 0 && found.size() < limit) {
                RecordedEvent event = events.get(--at);
                if (filter.test(event)) {
                    found.add(event);
                }
            }
            return new Slice(found, at == 0 ? -1 : at);
        }
    }

    @Override
    public void scan(EventFilter filter, Consumer<RecordedEvent> to) {
        gate.run();
        List<RecordedEvent> all;
        synchronized (this) {
            all = new ArrayList<>(events);
        }
        for (int i = all.size() - 1; i >= 0; i--) {
            if (filter.test(all.get(i))) {
                to.accept(all.get(i));
            }
        }
    }

    @Override
    public synchronized long oldestMillis() {
        return events.isEmpty() ? -1 : events.get(0).atMillis();
    }

    @Override
    public RecordedEvent lastEnd(String clientId) {
        gate.run();
        return newestEnd(clientId);
    }

    private synchronized RecordedEvent newestEnd(String clientId) {
        for (int i = events.size() - 1; i >= 0; i--) {
            RecordedEvent event = events.get(i);
            if (event.kind().isEnd() && event.clientId().equals(clientId)) {
                return event;
            }
        }
        return null;
    }
}
