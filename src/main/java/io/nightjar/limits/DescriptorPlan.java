package io.nightjar.limits;

/**
 * How the file descriptors of a process are shared out, so that a flood of connections cannot take those that everything
 * else needs. Pure.
 *
 * <pre>
 * whose                                                     | how many
 * ----------------------------------------------------------+---------------------------------------------------------
 * open already at start: listeners, logs, recorder, jars    | ours
 * kept: HTTP, traces, cluster, files that are read again    | reserved: as configured, at most a third of the others
 *   of these: HTTP connections                              | a half
 *   of these: connections above the limit that are told why | a quarter
 * MQTT connections                                          | the rest
 * </pre>
 *
 * @param soft the limit of this process, nofile; {@link Long#MAX_VALUE}: none
 * @param ours open when no client was there yet
 * @param reserved kept for everything but MQTT connections
 */
public record DescriptorPlan(long soft, long ours, long reserved) {
    /** Where the limit is not known. */
    public static final DescriptorPlan UNLIMITED = new DescriptorPlan(Long.MAX_VALUE, 0, 0);

    private static final long LEAST_HTTP = 8;

    /** @param reserve as configured; 0: nothing is kept */
    public static DescriptorPlan of(long soft, long ours, long reserve) {
        return new DescriptorPlan(soft, ours, Math.min(reserve, Math.max(0, soft - ours) / 3));
    }

    /** Most MQTT connections. */
    public long connections() {
        return Math.max(0, soft - ours - reserved);
    }

    /** Most connections above that, which stay open until their CONNECT can be refused in words. */
    public long told() {
        return reserved / 4;
    }

    /** Most HTTP connections; as many as there are if nothing is reserved. */
    public long http() {
        return reserved == 0 ? soft : Math.max(LEAST_HTTP, reserved / 2);
    }
}
