package io.nightjar.routing;

/**
 * How many retained messages a node keeps.
 *
 * @param count retained messages, at most
 * @param payloadBytes payload of one, at most
 * @param totalBytes memory of all, at most: payload, topic, properties and {@value #OVERHEAD} bytes for each
 */
public record RetainedLimits(long count, int payloadBytes, long totalBytes) {
    /** What a retained message takes besides its content: objects, headers and its place in the index. */
    public static final int OVERHEAD = 250;

    public static final RetainedLimits DEFAULT = new RetainedLimits(2_000_000, 1 << 20, 2L << 30);
}
