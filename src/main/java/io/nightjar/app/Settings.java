package io.nightjar.app;

import com.typesafe.config.Config;
import io.nightjar.auth.AclRules;
import io.nightjar.connection.AdmissionLimits;
import io.nightjar.connection.ConnectionLimits;
import io.nightjar.connection.Offers;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.net.ListenerSettings;
import io.nightjar.session.SessionLimits;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that an operator can set, read and checked once at start. What each setting means, its unit, range and default
 * stand in {@code conf/nightjar.conf}, and only there.
 *
 * @param targetConnections how many connections this node is meant to hold
 * @param reservedDescriptors file descriptors for everything but MQTT connections
 * @param endLinesPerSecond most ends of connections that are logged one by one
 * @param listeners those that are opened; disabled ones are not in the list
 * @param admission how many clients are let in at a time; its window is for each event loop
 * @param config the merged whole, resolved, with Pekko's own settings, for the ActorSystem
 */
public record Settings(
        String nodeName,
        Path dataDir,
        long targetConnections,
        long reservedDescriptors,
        int endLinesPerSecond,
        List<ListenerSettings> listeners,
        AdmissionLimits admission,
        Http http,
        ClusterSettings cluster,
        Authentication authentication,
        Authorization authorization,
        Mqtt mqtt,
        Retained retained,
        Trace trace,
        Recorder recorder,
        SysTopics sysTopics,
        Config config) {
    /** The HTTP API. */
    public record Http(
            InetSocketAddress bind, long tokenLifetimeMillis, int loginAttemptsPerMinute, int maxConnections) {}

    /**
     * @param seedNodes {@code host:port} each; empty: a cluster of one
     * @param linkWindow messages per peer that are not acknowledged
     * @param linkQueue messages per peer that wait for the window
     */
    public record ClusterSettings(
            InetSocketAddress bind, List<String> seedNodes, int linkWindow, int linkQueue, long linkQueueBytes) {}

    /**
     * @param passwordFile null: authentication is off
     * @param cacheSize verified users that are remembered, 0: none
     */
    public record Authentication(
            @Nullable Path passwordFile, int maxPending, int threads, int cacheSize, EnhancedMethods enhanced) {
        public boolean enabled() {
            return passwordFile != null;
        }
    }

    /**
     * Enhanced authentication.
     *
     * @param methods names as clients send them; of no effect without a password file
     */
    public record EnhancedMethods(
            List<String> methods, long exchangeTimeoutMillis, int maxExchanges, int maxRounds, int maxDataBytes) {
        public EnhancedMethods {
            methods = List.copyOf(methods);
        }
    }

    /** The rules in order, with what happens when none matches and on a denial. */
    public record Authorization(
            List<AclRules.Rule> rules, boolean noMatchAllows, boolean denyDisconnects, ReasonCode denyCode) {}

    /**
     * Limits of the protocol; a listener may have others of {@link Mqtt#connectionLimits}. Sizes are bytes.
     *
     * @param maxTopicAliasIn aliases that a client may use, {@code maxTopicAliasOut} those that we use
     * @param sessionExpiryMaxSeconds 0xFFFFFFFF: no limit; likewise {@code sessionExpiryV3Seconds}
     * @param keepAliveMaxSeconds 0: no limit
     */
    public record Mqtt(
            int maxPacketSize,
            int maxClientIdLength,
            int maxTopicLevels,
            int maxTopicAliasIn,
            int maxTopicAliasOut,
            int receiveMaximum,
            int maxInflight,
            int maxAwaitingRel,
            int maxSubscriptions,
            int queueLength,
            long queueBytes,
            boolean queueQos0,
            long sessionExpiryMaxSeconds,
            long sessionExpiryV3Seconds,
            int keepAliveMaxSeconds,
            int sendBufferLowBytes,
            int sendBufferHighBytes,
            long sessionUnavailableTimeoutMillis,
            long slowConsumerTimeoutMillis,
            int mailboxLength,
            Offers offers) {
        /** These limits as a Network Connection wants them. */
        public ConnectionLimits connectionLimits() {
            return new ConnectionLimits(
                    maxPacketSize,
                    maxClientIdLength,
                    maxTopicLevels,
                    maxTopicAliasIn,
                    maxTopicAliasOut,
                    receiveMaximum,
                    maxInflight,
                    sessionExpiryMaxSeconds,
                    sessionExpiryV3Seconds,
                    keepAliveMaxSeconds,
                    maxSubscriptions,
                    offers);
        }

        /** These limits as a session wants them. */
        public SessionLimits sessionLimits() {
            return new SessionLimits(queueLength, queueBytes, queueQos0, maxAwaitingRel);
        }
    }

    /** Limits of retained messages, the same on every node. */
    public record Retained(long maxCount, int maxPayloadBytes, long maxBytes) {}

    /** Limits of traces. */
    public record Trace(
            int maxTraces, long maxFileBytes, int queueLength, long minFreeDiskBytes, int maxTails, int maxDownloads) {}

    /** The flight recorder. */
    public record Recorder(long sizeBytes) {}

    /**
     * What stands below {@code $SYS}.
     *
     * @param intervalMillis 0: the tree is off
     * @param clientEvents whether clients that come and go are told, on listeners that do not say otherwise
     */
    public record SysTopics(long intervalMillis, boolean clientEvents) {}

    public Settings {
        listeners = List.copyOf(listeners);
    }

    /** Whether {@code $SYS} tells of clients of any listener here or elsewhere. */
    public boolean hasClientEvents() {
        return sysTopics.clientEvents() || listeners.stream().anyMatch(ListenerSettings::clientEvents);
    }

    /** Whether {@code $SYS} tells of clients of this listener; one of another node only is as all are. */
    public boolean hasClientEvents(String listener) {
        for (ListenerSettings each : listeners) {
            if (each.id().equals(listener)) {
                return each.clientEvents();
            }
        }
        return sysTopics.clientEvents();
    }

    /**
     * Reads the defaults, {@code configFile} over them and {@code overrides} over both.
     *
     * @param configFile null: defaults only
     * @param overrides full key to value as on a command line; keys that begin with {@code nightjar.} or {@code pekko.}
     * @throws SettingsException with everything that is wrong, at once
     */
    public static Settings load(@Nullable Path configFile, Map<String, String> overrides) {
        return new SettingsLoader(SettingsSources.merge(configFile, overrides)).load();
    }
}
