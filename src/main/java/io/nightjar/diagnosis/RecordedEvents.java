package io.nightjar.diagnosis;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a flight recorder can be asked. Calls read the recorder's file and may take up to a second: not for event loops.
 * Thread-safe beside the writer.
 */
public interface RecordedEvents {
    /**
     * The events that are wanted, newest first.
     *
     * @param before position to go on from: {@link Slice#next} of the slice before, or {@link Long#MAX_VALUE}
     * @param limit most events, at least 1
     */
    Slice find(EventFilter filter, long before, int limit);

    /** Shows all events that are wanted, newest first. */
    void scan(EventFilter filter, Consumer<RecordedEvent> to);

    /** As {@link #scan(EventFilter, Consumer)}, with these fields of each event only: cheaper where there are many. */
    default void scan(EventFilter filter, Set<String> fields, Consumer<RecordedEvent> to) {
        scan(filter, to);
    }

    /** The newest end of a client, refused and failed ones too, or null if none is known. Takes microseconds. */
    @Nullable
    RecordedEvent lastEnd(String clientId);

    /** Time of the oldest event there is, milliseconds since 1970, or -1 if there is none: what happened before is gone. */
    long oldestMillis();

    /** @param next where older events that are wanted may follow, or -1 if there are none */
    record Slice(List<RecordedEvent> events, long next) {
        public Slice {
            events = List.copyOf(events);
        }
    }
}
