package io.nightjar.trace;

/**
 * What is traced, when and how. Replicated to every node and kept on disk.
 *
 * @param name {@code ^[A-Za-z]+[A-Za-z0-9-_]*$}, at most 256
 * @param type one of {@link TraceRules#TYPES}
 * @param value what the type selects by: raw ClientID, its beginning, username, address or range, topic filter
 * @param startAtMillis milliseconds since 1970
 * @param endAtMillis after the start
 * @param formatter {@code text} or {@code json}
 * @param payloadEncode {@code text}, {@code hex} or {@code hidden}
 * @param payloadLimit most bytes of a payload in a line
 * @param stopped an operator stopped it
 */
public record TraceDefinition(
        String name,
        String type,
        String value,
        long startAtMillis,
        long endAtMillis,
        String formatter,
        String payloadEncode,
        int payloadLimit,
        boolean stopped) {}
