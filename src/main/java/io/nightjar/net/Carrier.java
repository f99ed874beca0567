package io.nightjar.net;

import io.nightjar.connection.Admission;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What carries one connection's MQTT above bare TCP: how far its layers are, and what they told. A connection of plain
 * TCP has none. Owned by the channel's event loop.
 */
final class Carrier {
    /** A layer that must be finished before MQTT begins, in this order. */
    enum Layer {
        PROXY_PROTOCOL("proxy_protocol", "header not finished"),
        TLS("tls", "handshake not finished");

        private final String word;
        private final String unfinished;

        Layer(String word, String unfinished) {
            this.word = word;
            this.unfinished = unfinished;
        }
    }

    private final ListenerSettings listener;
    private @Nullable Layer waitsFor;
    private @Nullable InetSocketAddress client;
    private @Nullable String proxy;
    private @Nullable ClientHello hello;
    private @Nullable String tlsVersion;
    private @Nullable ClientCertificate certificate;

    /** While a TLS client waits to be let in, and while its ClientHello is worked on. */
    private Admission.@Nullable Ticket ticket;

    private boolean admitted;
    private int waitedMillis;

    private Carrier(ListenerSettings listener, Layer first) {
        this.listener = listener;
        this.waitsFor = first;
    }

    /** For a new connection; null if nothing lies between TCP and MQTT. */
    static @Nullable Carrier of(ListenerSettings listener) {
        if (listener.proxy() != null) {
            return new Carrier(listener, Layer.PROXY_PROTOCOL);
        }
        return listener.tls() == null ? null : new Carrier(listener, Layer.TLS);
    }

    // ---- layers

    /** The header is there. Without an address of the client in it the socket's own stays. */
    void proxied(@Nullable InetSocketAddress client, String proxy) {
        this.client = client;
        this.proxy = proxy;
        waitsFor = listener.tls() == null ? null : Layer.TLS;
    }

    /** The client began a handshake. */
    void hello(ClientHello hello) {
        this.hello = hello;
    }

    /** The handshake is finished. */
    void secured(String version, @Nullable ClientCertificate certificate) {
        this.tlsVersion = version;
        this.certificate = certificate;
        ClientHello said = hello;
        hello = said == null || said.serverName() == null ? null : new ClientHello(said.serverName(), List.of());
        waitsFor = null;
    }

    // ---- to be let in

    /** A TLS client asks before its handshake, which is what costs. */
    void asks(Admission.Ticket asking) {
        ticket = asking;
    }

    /** It was let in; it need not ask again at its CONNECT. */
    void admitted(long waitedMillis) {
        this.admitted = true;
        this.waitedMillis = (int) waitedMillis;
    }

    boolean isAdmitted() {
        return admitted;
    }

    /** Milliseconds that we let it wait. */
    int waitedMillis() {
        return waitedMillis;
    }

    void leaveAdmission(AdmissionControl admission) {
        Admission.Ticket mine = ticket;
        if (mine != null) {
            ticket = null;
            admission.leave(mine);
        }
    }

    /** Milliseconds from accept until the layer that is worked on, or else the CONNECT, must be there. */
    long timeoutMillis() {
        TlsSettings tls = listener.tls();
        return waitsFor == Layer.TLS && tls != null
                ? Math.min(tls.handshakeTimeoutMillis(), listener.connectTimeoutMillis())
                : listener.connectTimeoutMillis();
    }

    /** The limit of that time by its name. */
    String limit() {
        boolean handshake = timeoutMillis() < listener.connectTimeoutMillis();
        return (handshake ? "tls.handshake-timeout=" : "connect-timeout=") + timeoutMillis() + "ms";
    }

    /** The reason, which says more if a layer was not finished. */
    DisconnectReason explain(DisconnectReason reason) {
        Layer layer = waitsFor;
        if (layer == null) {
            return reason;
        }
        return switch (reason.detail()) {
            case CONNECT_TIMEOUT ->
                layer == Layer.PROXY_PROTOCOL
                        ? DisconnectReason.of(
                                Detail.PROXY_PROTOCOL,
                                "problem",
                                "no whole PROXY header came in time",
                                "limit",
                                limit())
                        : reason.with(layer.word, layer.unfinished);
            case PEER_FIN, PEER_RESET, TIMED_OUT, WRITE_FAILED -> reason.with(layer.word, layer.unfinished);
            default -> reason;
        };
    }

    // ---- what they told

    /** Whether a TLS handshake is finished. */
    boolean isSecured() {
        return tlsVersion != null;
    }

    /** Where the client is by the word of a proxy, or null if the socket tells. */
    @Nullable
    InetSocketAddress client() {
        return client;
    }

    @Nullable
    ClientHello hello() {
        return hello;
    }

    @Nullable
    ClientCertificate certificate() {
        return certificate;
    }

    /** All of it by name, as evidence. */
    Map<String, String> evidence() {
        Map<String, String> evidence = new LinkedHashMap<>();
        put(evidence, "proxy", proxy);
        put(evidence, "tls_version", tlsVersion);
        put(evidence, "sni", hello == null ? null : hello.serverName());
        put(evidence, "certificate_subject", certificate == null ? null : certificate.subject());
        return evidence;
    }

    private static void put(Map<String, String> evidence, String name, @Nullable String value) {
        if (value != null) {
            evidence.put(name, value);
        }
    }
}
