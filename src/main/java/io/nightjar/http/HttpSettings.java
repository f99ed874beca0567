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
 * @param maxTails most live tails of traces at once
 * @param maxDownloads most downloads of traces at once
 */
public record HttpSettings(
        String host,
        int port,
        Duration tokenLifetime,
        int loginAttemptsPerMinute,
        int maxConnections,
        int maxTails,
        int maxDownloads) {
    /** The defaults, for a host and a port. */
    public static HttpSettings of(String host, int port) {
        return new HttpSettings(host, port, Duration.ofHours(1), 10, 4096, 16, 16);
    }
}
