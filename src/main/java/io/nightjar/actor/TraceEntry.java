package io.nightjar.actor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/**
 * A trace as the cluster knows it: its definition and when that was last changed. Deleted ones stay for {@value
 * #TOMBSTONE_MILLIS} ms, so that a node that was away does not bring them back. Of two versions the later is right; a
 * changed entry is always later than the one it was made of, whatever the clock says.
 *
 * @param id eight hexadecimal digits; tells traces of one name apart that followed each other
 * @param updatedAtMillis version, milliseconds since 1970
 */
record TraceEntry(String id, TraceDefinition definition, long updatedAtMillis, boolean deleted) {
    /** A day. */
    static final long TOMBSTONE_MILLIS = 86_400_000;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    private static final TypeReference<List<TraceEntry>> LIST = new TypeReference<>() {};

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
