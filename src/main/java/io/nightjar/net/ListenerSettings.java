package io.nightjar.net;

import io.nightjar.connection.ConnectionLimits;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One listener and what holds for every connection that comes in by it.
 *
 * @param name as in {@code nightjar.listeners.<transport>.<name>}
 * @param bind address; port 0 = any free one
 * @param backlog connections the kernel queues before accept
 * @param maxConnections most at a time
 * @param connectRate CONNECTs a second that are let in, 0: no limit of its own
 * @param connectBurst CONNECTs at once before the rate counts
 * @param connectTimeoutMillis from accept to a complete CONNECT
 * @param sendBufferLow bytes at which a full send buffer takes more again
 * @param sendBufferHigh bytes at which a send buffer is full
 * @param slowConsumerMillis how long a client may leave a full send buffer unread
 * @param clientEvents whether $SYS tells of its clients that come and go
 * @param limits of the protocol, announced in CONNACK where the standard has a property
 * @param tls for transports that have it, else null
 * @param proxy null: clients connect themselves, without a PROXY header
 * @param webSocket what a listener for WebSocket has beyond that, null for others
 */
public record ListenerSettings(
        Transport transport,
        String name,
        InetSocketAddress bind,
        int backlog,
        int maxConnections,
        int connectRate,
        int connectBurst,
        long connectTimeoutMillis,
        int sendBufferLow,
        int sendBufferHigh,
        long slowConsumerMillis,
        boolean clientEvents,
        ConnectionLimits limits,
        @Nullable TlsSettings tls,
        @Nullable ProxySettings proxy,
        @Nullable WebSocketSettings webSocket) {
    /** As evidence and the API name it: {@code tcp:default}. */
    public String id() {
        return transport.word() + ":" + name;
    }

    /** Where its settings stand: {@code nightjar.listeners.tcp.default}. */
    public String key() {
        return "nightjar.listeners." + transport.word() + "." + name;
    }
}
