package io.nightjar.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import io.nightjar.app.Settings.Mqtt;
import io.nightjar.mqtt.Cidr;
import io.nightjar.net.ListenerSettings;
import io.nightjar.net.ProxySettings;
import io.nightjar.net.TlsSettings;
import io.nightjar.net.Transport;
import io.nightjar.net.WebSocketSettings;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads {@code nightjar.listeners}: of each transport a block by name, all like the one named default. */
final class ListenerLoader {
    private static final String ROOT = "nightjar.listeners.";

    private final SettingsReader read;
    private final Config defaults;
    private final List<String> errors;
    private final Mqtt mqtt;
    private final boolean authenticated;

    /** @param authenticated whether clients must prove who they are; without it only loopback is served */
    ListenerLoader(SettingsReader read, Config defaults, List<String> errors, Mqtt mqtt, boolean authenticated) {
        this.read = read;
        this.defaults = defaults;
        this.errors = errors;
        this.mqtt = mqtt;
        this.authenticated = authenticated;
    }

    List<ListenerSettings> read() {
        List<ListenerSettings> listeners = new ArrayList<>();
        for (Transport transport : Transport.values()) {
            String root = ROOT + transport.word();
            if (!read.config().hasPath(root)) {
                continue;
            }
            for (String name : new TreeSet<>(read.config().getObject(root).keySet())) {
                String key = root + "." + ConfigUtil.joinPath(name);
                SettingsReader one = name.equals("default") ? read : withTemplate(transport, key, name);
                ListenerSettings listener = one == null ? null : listener(one, transport, key, name);
                if (listener != null) {
                    listeners.add(listener);
                }
            }
        }
        return listeners;
    }

    private @Nullable SettingsReader withTemplate(Transport transport, String key, String name) {
        if (!name.matches("[A-Za-z0-9_-]{1,64}")) {
            errors.add(key + ": the name of a listener is 1 to 64 letters, digits, _ and -");
            return null;
        } else if (!read.config().hasPath(key + ".bind")) {
            errors.add(key + ": needs a bind of its own, as in bind = \"127.0.0.1:1884\"");
            return null;
        }
        Config template = defaults.getConfig(ROOT + transport.word() + ".default");
        return new SettingsReader(read.config().withFallback(template.atPath(key)), errors);
    }

    private @Nullable ListenerSettings listener(SettingsReader read, Transport transport, String key, String name) {
        boolean secure = transport.isSecure();
        TlsSettings tls = secure ? new TlsLoader(read, key + ".tls.").read() : null;
        boolean authenticated = this.authenticated
                || tls != null && tls.clientCertificates() == TlsSettings.ClientCertificates.REQUIRED;
        InetSocketAddress bind = read.address(key + ".bind", authenticated ? "0.0.0.0" : SettingsLoader.LOOPBACK);
        int maxConnections = read.integer(key + ".max-connections", 1, 10_000_000);
        int backlog = read.integer(key + ".backlog", 1, 65_535);
        int connectRate = read.integer(key + ".connect-rate", 0, 10_000_000);
        int connectBurst = read.integer(key + ".connect-burst", 1, 10_000_000);
        long connectTimeout = read.millis(key + ".connect-timeout", "1s", "5m");
        Mqtt limits = limits(read, key + ".mqtt");
        ProxySettings proxy = proxy(read, key);
        WebSocketSettings webSocket = transport.isWebSocket() ? webSocket(read, key + ".websocket.") : null;
        if (!read.bool(key + ".enabled") || bind == null) {
            return null;
        } else if (secure && tls == null) {
            if (!name.equals("default")) {
                errors.add(key + ".tls.certificate: this listener needs a certificate, or enabled = false");
            }
            return null;
        }
        if (!authenticated && !bind.getAddress().isLoopbackAddress()) {
            read.error(
                    key + ".bind",
                    "without authentication clients are served on loopback only. Either set"
                            + " nightjar.authentication.password-file (ops/nightjar passwd makes one),"
                            + (secure ? " or tls.client-certificate = required," : "")
                            + " or bind to 127.0.0.1");
        }
        return new ListenerSettings(
                transport,
                name,
                bind,
                backlog,
                maxConnections,
                connectRate,
                connectBurst,
                connectTimeout,
                limits.sendBufferLowBytes(),
                limits.sendBufferHighBytes(),
                limits.slowConsumerTimeoutMillis(),
                clientEvents(read, key + ".client-events"),
                limits.connectionLimits(),
                tls,
                proxy,
                webSocket);
    }

    private @Nullable ProxySettings proxy(SettingsReader read, String key) {
        int versions = read.word(key + ".proxy-protocol", "off", "v1", "v2", "any");
        List<Cidr> from = new ArrayList<>();
        for (String text : read.texts(key + ".proxy-protocol-from")) {
            Cidr range = Cidr.parse(text);
            if (range == null) {
                read.wrong(
                        key + ".proxy-protocol-from",
                        "a list of addresses, as in [\"10.0.0.0/8\"]; " + text + " is none");
            } else {
                from.add(range);
            }
        }
        return versions == 0 ? null : new ProxySettings(ProxySettings.Versions.values()[versions - 1], from);
    }

    private boolean clientEvents(SettingsReader read, String key) {
        int word = read.word(key, "default", "on", "off");
        return word == 0 ? read.config().getBoolean("nightjar.sys-topics.client-events") : word == 1;
    }

    private WebSocketSettings webSocket(SettingsReader read, String key) {
        String path = read.text(key + "path");
        if (!path.matches("/[A-Za-z0-9._~!$&'()*+,;=:@%/-]{0,255}")) {
            read.wrong(key + "path", "a path as it stands in a URL, as in /mqtt");
        }
        return new WebSocketSettings(
                path,
                (int) read.bytes(key + "max-header", SettingsLoader.KIB, 64 * SettingsLoader.KIB),
                read.bytes(key + "max-frame", SettingsLoader.KIB, 1024 * SettingsLoader.GIB),
                read.millis(key + "ping-interval", "0s", "1h"),
                read.millis(key + "pong-timeout", "1s", "1h"),
                read.texts(key + "allowed-origins").stream()
                        .map(origin -> origin.toLowerCase(Locale.ROOT))
                        .toList(),
                !authenticated);
    }

    /** The limits of all, with those of its own that the listener names; mistakes in the others are told once only. */
    private Mqtt limits(SettingsReader read, String key) {
        if (!read.config().hasPath(key) || read.config().getObject(key).isEmpty()) {
            return mqtt;
        }
        Config own = read.config().getConfig(key);
        Config all = ConfigFactory.empty()
                .withFallback(own.withFallback(read.config().getConfig("nightjar.mqtt"))
                        .atPath(key));
        List<String> found = new ArrayList<>();
        Mqtt limits = new MqttLoader(new SettingsReader(all, found), key + ".").read();
        for (String error : found) {
            if (own.root().keySet().stream().anyMatch(name -> error.startsWith(key + "." + name + " "))) {
                errors.add(error);
            }
        }
        return limits;
    }
}
