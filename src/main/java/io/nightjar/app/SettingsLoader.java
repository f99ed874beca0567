package io.nightjar.app;

import com.typesafe.config.ConfigUtil;
import io.nightjar.app.Settings.Authentication;
import io.nightjar.app.Settings.ClusterSettings;
import io.nightjar.app.Settings.Http;
import io.nightjar.app.Settings.Mqtt;
import io.nightjar.app.Settings.Retained;
import io.nightjar.app.Settings.TcpListener;
import io.nightjar.app.Settings.Trace;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Turns merged configuration into checked {@link Settings}, group by group. Used once, by one thread. */
final class SettingsLoader {
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;
    private static final long EXPIRY_NEVER = 0xFFFF_FFFFL; // [5.0/3.1.2.11.2]
    private static final int LARGEST_PACKET = 268_435_460; // 268,435,455 and a fixed header of 5 bytes [5.0/2.1.4]
    private static final String LOOPBACK = "127.0.0.1";

    private final List<String> errors;
    private final SettingsReader read;
    private final SettingsSources sources;

    SettingsLoader(SettingsSources sources) {
        this.sources = sources;
        this.errors = new ArrayList<>(sources.errors());
        this.read = new SettingsReader(sources.merged(), errors);
    }

    Settings load() {
        String nodeName = nodeName();
        Path dataDir = dataDir();
        Authentication authentication = authentication();
        Http http = http();
        List<TcpListener> listeners = listeners(authentication.enabled());
        bindsDiffer(listeners, http);
        Settings settings = new Settings(
                nodeName,
                dataDir,
                listeners,
                http,
                cluster(),
                authentication,
                new AclSettings(read).read(),
                mqtt(),
                retained(),
                trace(),
                sources.merged());
        if (!errors.isEmpty()) {
            throw new SettingsException(errors);
        }
        return settings;
    }

    private String nodeName() {
        String name = read.text("nightjar.node-name");
        if (!name.matches("[A-Za-z0-9@._-]{1,128}")) {
            read.wrong("nightjar.node-name", "1 to 128 letters, digits and @ . _ -");
        }
        return name;
    }

    private Path dataDir() {
        Path dir = path("nightjar.data-dir");
        if (dir == null) {
            read.wrong("nightjar.data-dir", "a directory");
            return Path.of("data");
        } else if (Files.exists(dir) && !Files.isDirectory(dir)) {
            read.error("nightjar.data-dir", "is not a directory");
        }
        return dir.toAbsolutePath().normalize();
    }

    /** Null if empty or no path at all. */
    private @Nullable Path path(String key) {
        try {
            String text = read.text(key);
            return text.isEmpty() ? null : Path.of(text);
        } catch (InvalidPathException e) {
            read.error(key, "is not a path: " + e.getReason());
            return null;
        }
    }

    private List<TcpListener> listeners(boolean authenticated) {
        List<TcpListener> listeners = new ArrayList<>();
        String root = "nightjar.listeners.tcp";
        for (String name : new TreeSet<>(read.config().getObject(root).keySet())) {
            String key = root + "." + ConfigUtil.joinPath(name);
            SettingsReader one = name.equals("default") ? read : withTemplate(key, name);
            TcpListener listener = one == null ? null : listener(one, key, name, authenticated);
            if (listener != null) {
                listeners.add(listener);
            }
        }
        return listeners;
    }

    private @Nullable SettingsReader withTemplate(String key, String name) {
        if (!name.matches("[A-Za-z0-9_-]{1,64}")) {
            errors.add(key + ": the name of a listener is 1 to 64 letters, digits, _ and -");
            return null;
        } else if (!read.config().hasPath(key + ".bind")) {
            errors.add(key + ": needs a bind of its own, as in bind = \"127.0.0.1:1884\"");
            return null;
        }
        var template = sources.defaults().getConfig("nightjar.listeners.tcp.default");
        return new SettingsReader(read.config().withFallback(template.atPath(key)), errors);
    }

    private static @Nullable TcpListener listener(SettingsReader read, String key, String name, boolean authenticated) {
        InetSocketAddress bind = read.address(key + ".bind", authenticated ? "0.0.0.0" : LOOPBACK);
        int maxConnections = read.integer(key + ".max-connections", 1, 10_000_000);
        int backlog = read.integer(key + ".backlog", 1, 65_535);
        long connectTimeout = read.millis(key + ".connect-timeout", "1s", "5m");
        if (!read.bool(key + ".enabled") || bind == null) {
            return null;
        }
        InetAddress address = bind.getAddress();
        if (!authenticated && !address.isLoopbackAddress()) {
            read.error(
                    key + ".bind",
                    "without authentication clients are served on loopback only. Either set"
                            + " nightjar.authentication.password-file (ops/nightjar passwd makes one),"
                            + " or bind to 127.0.0.1");
        }
        return new TcpListener(name, bind, maxConnections, backlog, connectTimeout);
    }

    private void bindsDiffer(List<TcpListener> listeners, Http http) {
        Map<InetSocketAddress, String> taken = new HashMap<>();
        taken.put(http.bind(), "nightjar.http");
        for (TcpListener listener : listeners) {
            String key = "nightjar.listeners.tcp." + listener.name();
            String other = listener.bind().getPort() == 0 ? null : taken.put(listener.bind(), key);
            if (other != null) {
                read.error(key + ".bind", other + " binds to the same address and port");
            }
        }
    }

    private Http http() {
        InetSocketAddress bind = read.address("nightjar.http.bind", LOOPBACK);
        return new Http(
                bind == null ? new InetSocketAddress(0) : bind,
                read.millis("nightjar.http.token-lifetime", "1m", "30d"),
                read.integer("nightjar.http.login-attempts-per-minute", 1, 10_000),
                read.integer("nightjar.http.max-connections", 16, 100_000));
    }

    private ClusterSettings cluster() {
        InetSocketAddress bind = read.address("nightjar.cluster.bind", LOOPBACK);
        if (bind != null && bind.getAddress().isAnyLocalAddress()) {
            read.wrong(
                    "nightjar.cluster.bind", "the address at which the other nodes reach this one, not all addresses");
        }
        return new ClusterSettings(
                bind == null ? new InetSocketAddress(0) : bind,
                seedNodes(),
                read.integer("nightjar.cluster.link-window", 64, 1_000_000),
                read.integer("nightjar.cluster.link-queue", 64, 10_000_000),
                read.bytes("nightjar.cluster.link-queue-bytes", MIB, 16 * GIB));
    }

    private List<String> seedNodes() {
        String key = "nightjar.cluster.seed-nodes";
        List<String> nodes = read.texts(key);
        for (String node : nodes) {
            int colon = node.lastIndexOf(':');
            if (colon < 1 || SettingsReader.port(node.substring(colon + 1)) < 1) {
                read.wrong(key, "a list of \"host:port\", and " + node + " is none");
            }
        }
        return nodes;
    }

    private Authentication authentication() {
        String key = "nightjar.authentication.password-file";
        Path file = path(key);
        if (file != null && !Files.isRegularFile(file)) {
            read.error(key, "there is no such file; ops/nightjar passwd --file FILE USERNAME makes one");
        } else if (file != null && !Files.isReadable(file)) {
            read.error(key, "the file cannot be read by this user");
        }
        return new Authentication(
                file == null ? null : file.toAbsolutePath().normalize(),
                read.integer("nightjar.authentication.max-pending", 1, 100_000),
                read.integer("nightjar.authentication.threads", 1, 64),
                read.integer("nightjar.authentication.cache-size", 0, 10_000_000));
    }

    private Mqtt mqtt() {
        String key = "nightjar.mqtt.";
        Mqtt mqtt = new Mqtt(
                (int) read.bytes(key + "max-packet-size", KIB, LARGEST_PACKET),
                read.integer(key + "max-clientid-length", 23, 65_535),
                read.integer(key + "max-topic-levels", 1, 65_535),
                read.integer(key + "max-topic-alias", 0, 65_535),
                read.integer(key + "max-topic-alias-out", 0, 65_535),
                read.integer(key + "receive-maximum", 1, 65_535),
                read.integer(key + "max-inflight", 1, 65_535),
                read.integer(key + "max-awaiting-rel", 1, 65_535),
                read.integer(key + "max-subscriptions", 1, 1_000_000),
                read.integer(key + "queue-length", 1, 10_000_000),
                read.bytes(key + "queue-bytes", KIB, 16 * GIB),
                read.bool(key + "queue-qos0"),
                read.secondsOrNever(key + "session-expiry-max", "49710d", EXPIRY_NEVER),
                read.secondsOrNever(key + "session-expiry-v3", "49710d", EXPIRY_NEVER),
                (int) ((read.millis(key + "keep-alive-max", "0s", "65535s") + 999) / 1000),
                (int) read.bytes(key + "send-buffer-low", 4 * KIB, GIB),
                (int) read.bytes(key + "send-buffer-high", 4 * KIB, GIB),
                read.millis(key + "session-unavailable-timeout", "1s", "5m"),
                read.millis(key + "slow-consumer-timeout", "1s", "1d"),
                read.integer(key + "mailbox-length", 100, 10_000_000));
        if (mqtt.sendBufferLowBytes() > mqtt.sendBufferHighBytes()) {
            read.wrong(key + "send-buffer-low", "at most send-buffer-high");
        }
        if (mqtt.maxAwaitingRel() < mqtt.receiveMaximum()) {
            read.wrong(key + "max-awaiting-rel", "at least receive-maximum, or clients within it would be refused");
        }
        return mqtt;
    }

    private Retained retained() {
        String key = "nightjar.mqtt.retained.";
        return new Retained(
                read.integer(key + "max-count", 0, 100_000_000),
                (int) read.bytes(key + "max-payload", 0, LARGEST_PACKET - 5),
                read.bytes(key + "max-bytes", 0, 64 * GIB));
    }

    private Trace trace() {
        String key = "nightjar.trace.";
        return new Trace(
                read.integer(key + "max-traces", 1, 1000),
                read.bytes(key + "max-file-size", 64 * KIB, 64 * GIB),
                read.integer(key + "queue-length", 64, 1_000_000),
                read.bytes(key + "min-free-disk", 0, 1024 * GIB));
    }
}
