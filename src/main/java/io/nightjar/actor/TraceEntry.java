package io.nightjar.actor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nightjar.mqtt.Utf8;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * A trace as the cluster knows it: its definition and when that was last changed. Deleted ones stay for {@value
 * #TOMBSTONE_MILLIS} ms, the newest {@value #MAX_TOMBSTONES} of them, so that a node that was away does not bring them
 * back; of what they selected nothing stays. Of two versions the later is right; a changed entry is always later than the
 * one it was made of, whatever the clock says.
 *
 * <p>All entries travel between nodes in one message, whose size is bounded (1280 KiB, conf/pekko.conf): hence {@value
 * #MAX_BYTES} bytes for those that are not deleted, and at most 525 for each that is.
 *
 * @param id eight hexadecimal digits; tells traces of one name apart that followed each other
 * @param updatedAtMillis version, milliseconds since 1970
 */
record TraceEntry(String id, TraceDefinition definition, long updatedAtMillis, boolean deleted) {
    /** A day. */
    static final long TOMBSTONE_MILLIS = 86_400_000;

    static final int MAX_TOMBSTONES = 1000;

    /** Most bytes of all entries that are not deleted, as JSON. */
    static final int MAX_BYTES = 384 * 1024;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    private static final TypeReference<List<TraceEntry>> LIST = new TypeReference<>() {};

    TraceEntry {
        if (deleted) {
            definition = withoutValue(definition);
        }
    }

    private static TraceDefinition withoutValue(TraceDefinition trace) {
        return new TraceDefinition(
                trace.name(),
                trace.type(),
                "",
                trace.startAtMillis(),
                trace.endAtMillis(),
                trace.formatter(),
                trace.payloadEncode(),
                trace.payloadLimit(),
                trace.stopped());
    }

    static TraceEntry create(TraceDefinition definition, long afterMillis, long nowMillis) {
        String id = UUID.randomUUID().toString().substring(0, 8);
        return new TraceEntry(id, definition, Math.max(nowMillis, afterMillis + 1), false);
    }

    String name() {
        return definition.name();
    }

    TraceEntry stopped(long nowMillis) {
        return new TraceEntry(id, TraceRules.stopped(definition), later(nowMillis), false);
    }

    TraceEntry delete(long nowMillis) {
        return new TraceEntry(id, definition, later(nowMillis), true);
    }

    private long later(long nowMillis) {
        return Math.max(nowMillis, updatedAtMillis + 1);
    }

    /** Whether a deletion is so old that nobody needs to be told any more. */
    boolean isForgotten(long nowMillis) {
        return deleted && nowMillis >= updatedAtMillis + TOMBSTONE_MILLIS;
    }

    /** Deletions that nobody needs to be told any more, by their age or because there are too many. */
    static List<TraceEntry> forgotten(Collection<TraceEntry> entries, long nowMillis) {
        List<TraceEntry> newestFirst = entries.stream()
                .filter(TraceEntry::deleted)
                .sorted(Comparator.comparingLong(TraceEntry::updatedAtMillis).reversed())
                .toList();
        List<TraceEntry> forgotten = new ArrayList<>();
        for (int i = 0; i < newestFirst.size(); i++) {
            if (i >= MAX_TOMBSTONES || newestFirst.get(i).isForgotten(nowMillis)) {
                forgotten.add(newestFirst.get(i));
            }
        }
        return forgotten;
    }

    /** Bytes as JSON. */
    int size() {
        return Utf8.size(json());
    }

    String json() {
        return write(this);
    }

    static TraceEntry parse(String json) throws JsonProcessingException {
        return JSON.readValue(json, TraceEntry.class);
    }

    static String jsonOf(Collection<TraceEntry> entries) {
        return write(entries);
    }

    static List<TraceEntry> parseAll(String json) throws JsonProcessingException {
        return JSON.readValue(json, LIST);
    }

    private static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of texts and numbers can be written", e);
        }
    }
}
