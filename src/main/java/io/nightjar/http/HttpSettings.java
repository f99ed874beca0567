package io.nightjar.http;

import java.time.Duration;

/**
 * Settings of the HTTP listener.
 *
 * @param host address to bind to; loopback unless the operator opens it
 * @param port 0 takes a free one
 * @param tokenLifetime how long a Bearer token of a login is good
 * @param loginAttemptsPerMinute wrong passwords one address may try in a minute before it gets 429
 * @param maxConnections most open connections; more wait in the accept queue
 * @param maxTraces limit of traces, as {@code GET /tracing} tells it
 * @param maxTraceFileSize limit of the trace files of one trace on one node, in bytes
 */
public record HttpSettings(
        String host,
        int port,
        Duration tokenLifetime,
        int loginAttemptsPerMinute,
        int maxConnections,
        int maxTraces,
        long maxTraceFileSize) {
    /** The defaults, for a host and a port. */
    public static HttpSettings of(String host, int port) {
        return new HttpSettings(host, port, Duration.ofHours(1), 10, 4096, 30, 512L << 20);
    }
}
