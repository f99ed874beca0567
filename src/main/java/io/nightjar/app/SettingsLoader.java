package io.nightjar.app;

import io.nightjar.app.Settings.Authentication;
import io.nightjar.app.Settings.ClusterSettings;
import io.nightjar.app.Settings.EnhancedMethods;
import io.nightjar.app.Settings.Http;
import io.nightjar.app.Settings.Mqtt;
import io.nightjar.app.Settings.Recorder;
import io.nightjar.app.Settings.Retained;
import io.nightjar.app.Settings.SysTopics;
import io.nightjar.app.Settings.Trace;
import io.nightjar.auth.PasswordFile;
import io.nightjar.connection.AdmissionLimits;
import io.nightjar.net.ListenerSettings;
import io.nightjar.store.RecorderFile;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns merged configuration into checked {@link Settings}, group by group. Used once, by one thread. */
final class SettingsLoader {
    static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    static final long GIB = 1024 * MIB;
    static final int LARGEST_PACKET = 268_435_460; // 268,435,455 and a fixed header of 5 bytes [5.0/2.1.4]
    static final String LOOPBACK = "127.0.0.1";

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
        Mqtt mqtt = new MqttLoader(read, "nightjar.mqtt.").read();
        List<ListenerSettings> listeners =
                new ListenerLoader(read, sources.defaults(), errors, mqtt, authentication.enabled()).read();
        bindsDiffer(listeners, http);
        Settings settings = new Settings(
                nodeName,
                dataDir,
                read.integer("nightjar.target-connections", 1, 100_000_000),
                read.integer("nightjar.reserved-descriptors", 0, 1_000_000),
                read.integer("nightjar.log.ends-per-second", 0, 1_000_000),
                listeners,
                admission(),
                http,
                cluster(),
                authentication,
                new AclSettings(read).read(),
                mqtt,
                retained(),
                trace(),
                new Recorder(read.bytes("nightjar.recorder.size", RecorderFile.LEAST, 64 * GIB)),
                sysTopics(),
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

    private void bindsDiffer(List<ListenerSettings> listeners, Http http) {
        Map<InetSocketAddress, String> taken = new HashMap<>();
        taken.put(http.bind(), "nightjar.http");
        for (ListenerSettings listener : listeners) {
            String key = listener.key();
            String other = listener.bind().getPort() == 0 ? null : taken.put(listener.bind(), key);
            if (other != null) {
                read.error(key + ".bind", other + " binds to the same address and port");
            }
        }
    }

    private AdmissionLimits admission() {
        String key = AdmissionLimits.KEY;
        return new AdmissionLimits(
                read.integer(key + "connect-rate", 0, 10_000_000),
                read.integer(key + "connect-burst", 1, 10_000_000),
                read.integer(key + "max-connecting-per-core", 0, 100_000),
                read.integer(key + "max-waiting", 1, 10_000_000),
                read.bytes(key + "max-waiting-bytes", MIB, 64 * GIB),
                read.millis(key + "max-wait", "100ms", "5m"));
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
                read.integer("nightjar.authentication.cache-size", 0, 10_000_000),
                enhancedMethods());
    }

    private EnhancedMethods enhancedMethods() {
        String key = "nightjar.authentication.";
        List<String> methods = read.texts(key + "methods");
        if (!methods.stream().allMatch(PasswordFile.SCRAM_METHOD::equals)) {
            read.wrong(key + "methods", "a list of \"" + PasswordFile.SCRAM_METHOD + "\" or nothing");
        }
        return new EnhancedMethods(
                methods,
                read.millis(key + "exchange-timeout", "1s", "5m"),
                read.integer(key + "max-exchanges", 1, 1_000_000),
                read.integer(key + "exchange-max-rounds", 1, 100),
                (int) read.bytes(key + "exchange-max-data", 64, 65_535));
    }

    private Retained retained() {
        String key = "nightjar.mqtt.retained.";
        return new Retained(
                read.integer(key + "max-count", 0, 100_000_000),
                (int) read.bytes(key + "max-payload", 0, LARGEST_PACKET - 5),
                read.bytes(key + "max-bytes", 0, 64 * GIB));
    }

    private SysTopics sysTopics() {
        String key = "nightjar.sys-topics.";
        long interval = read.millis(key + "interval", "0s", "1d");
        if (interval > 0 && interval < 1000) {
            read.wrong(key + "interval", "0s for off, or 1s to 1d");
        }
        return new SysTopics(interval, read.bool(key + "client-events"));
    }

    private Trace trace() {
        String key = "nightjar.trace.";
        return new Trace(
                read.integer(key + "max-traces", 1, 1000),
                read.bytes(key + "max-file-size", 64 * KIB, 64 * GIB),
                read.integer(key + "queue-length", 64, 1_000_000),
                read.bytes(key + "min-free-disk", 0, 1024 * GIB),
                read.integer(key + "max-tails", 1, 10_000),
                read.integer(key + "max-downloads", 1, 10_000));
    }
}
