package io.nightjar.net;

/**
 * One listener.
 *
 * @param name as in {@code nightjar.listeners.tcp.<name>}
 * @param host address to bind
 * @param port 0 = any free one
 * @param backlog connections the kernel queues before accept
 * @param maxConnections most at a time
 * @param connectTimeoutMillis from accept to a complete CONNECT
 * @param sendBufferLow bytes at which a full send buffer takes more again
 * @param sendBufferHigh bytes at which a send buffer is full
 */
public record ListenerSettings(
        String name,
        String host,
        int port,
        int backlog,
        int maxConnections,
        long connectTimeoutMillis,
        int sendBufferLow,
        int sendBufferHigh) {
    /** As evidence and the API name it. */
    public String id() {
        return "tcp:" + name;
    }
}
