package io.nightjar.store;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvents;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a recorder's memory holds, for readers. Thread-safe, beside the writer too. */
final class RecorderContent implements RecordedEvents {
    /** Records of one client that are looked at for its last end; beyond them it counts as unknown. */
    private static final int LAST_END_WITHIN = 1000;

    private final RecorderLayout layout;
    private final RecorderWords words;
    private final RecorderRing clients;
    private final RecorderRing strangers;
    private final boolean linked;

    /** @param linked whether the index may be trusted */
    RecorderContent(
            RecorderLayout layout, RecorderWords words, RecorderRing clients, RecorderRing strangers, boolean linked) {
        this.layout = layout;
        this.words = words;
        this.clients = clients;
        this.strangers = strangers;
        this.linked = linked;
    }

    @Override
    public Slice find(EventFilter filter, long before, int limit) {
        List<RecordedEvent> events = new ArrayList<>();
        RecordCursor.Merged cursor = cursor(filter, before);
        long last = -1;
        for (RecordView record = cursor.next(); record != null; record = cursor.next()) {
            RecordedEvent event = record.event(null);
            if (event != null) {
                events.add(event);
                last = record.sequence();
                if (events.size() >= limit) {
                    return new Slice(events, last);
                }
            }
        }
        return new Slice(events, -1);
    }

    @Override
    public void scan(EventFilter filter, Consumer<RecordedEvent> to) {
        scan(filter, (BitSet) null, to);
    }

    @Override
    public void scan(EventFilter filter, Set<String> fields, Consumer<RecordedEvent> to) {
        scan(filter, names(fields), to);
    }

    /** The numbers of these names of fields. */
    BitSet names(Set<String> fields) {
        BitSet names = new BitSet();
        for (String name : fields) {
            names.set(words.number(name));
        }
        names.clear(0);
        return names;
    }

    /** The newest record, or null if there is none. */
    @Nullable
    RecordView last() {
        return cursor(EventFilter.ALL, Long.MAX_VALUE).next();
    }

    private void scan(EventFilter filter, @Nullable BitSet names, Consumer<RecordedEvent> to) {
        RecordCursor.Merged cursor = cursor(filter, Long.MAX_VALUE);
        for (RecordView record = cursor.next(); record != null; record = cursor.next()) {
            RecordedEvent event = record.event(names);
            if (event != null) {
                to.accept(event);
            }
        }
    }

    @Override
    public @Nullable RecordedEvent lastEnd(String clientId) {
        RecordCursor.Merged cursor = cursor(EventFilter.ofClient(clientId, 0, Long.MAX_VALUE), Long.MAX_VALUE);
        RecordView record = cursor.next();
        for (int seen = 0; record != null && seen < LAST_END_WITHIN; seen++) {
            RecordedEvent.Kind kind = record.kind();
            if (kind != null && kind.isEnd()) {
                return record.event(null);
            }
            record = cursor.next();
        }
        return null;
    }

    private RecordCursor.Merged cursor(EventFilter filter, long before) {
        String clientId = filter.clientId();
        RecordMatcher matcher = new RecordMatcher(filter, words);
        if (linked && clientId != null && !clientId.isEmpty()) {
            byte[] bytes = RecordWriter.bytes(clientId);
            int hash = RecordFormat.hash(bytes, 0, bytes.length, layout.seed());
            return new RecordCursor.Merged(
                    new RecordCursor.Linked(clients, matcher, words, hash, before),
                    new RecordCursor.Linked(strangers, matcher, words, hash, before));
        }
        return new RecordCursor.Merged(
                new RecordCursor.All(clients, matcher, words, before),
                new RecordCursor.All(strangers, matcher, words, before));
    }

    @Override
    public long oldestMillis() {
        long oldest = oldestMillis(clients);
        return oldest >= 0 ? oldest : oldestMillis(strangers);
    }

    private long oldestMillis(RecorderRing ring) {
        RecordView view = new RecordView(words);
        for (long block = ring.oldestBlock(); block <= ring.newestBlock(); block += RecordFormat.BLOCK) {
            if (ring.copyRecord(block, view)) {
                return view.time();
            }
        }
        return -1;
    }
}
