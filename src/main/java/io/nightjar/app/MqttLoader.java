package io.nightjar.app;

import io.nightjar.app.Settings.Mqtt;
import io.nightjar.connection.Offers;
import io.nightjar.mqtt.QoS;
import java.util.Set;

/** Reads {@code nightjar.mqtt}, or the block {@code mqtt} of a listener over it. */
final class MqttLoader {
    /** What holds for a session or a node, whichever way a client came in: no listener has its own. */
    static final Set<String> NOT_BY_LISTENER = Set.of(
            "max-awaiting-rel",
            "queue-length",
            "queue-bytes",
            "queue-qos0",
            "session-unavailable-timeout",
            "mailbox-length",
            "retained");

    private static final long EXPIRY_NEVER = 0xFFFF_FFFFL; // [5.0/3.1.2.11.2]

    private final SettingsReader read;
    private final String key;

    /** @param key with the dot at its end */
    MqttLoader(SettingsReader read, String key) {
        this.read = read;
        this.key = key;
    }

    Mqtt read() {
        Mqtt mqtt = new Mqtt(
                (int) read.bytes(key + "max-packet-size", SettingsLoader.KIB, SettingsLoader.LARGEST_PACKET),
                read.integer(key + "max-clientid-length", 23, 65_535),
                read.integer(key + "max-topic-levels", 1, 65_535),
                read.integer(key + "max-topic-alias", 0, 65_535),
                read.integer(key + "max-topic-alias-out", 0, 65_535),
                read.integer(key + "receive-maximum", 1, 65_535),
                read.integer(key + "max-inflight", 1, 65_535),
                read.integer(key + "max-awaiting-rel", 1, 65_535),
                read.integer(key + "max-subscriptions", 1, 1_000_000),
                read.integer(key + "queue-length", 1, 10_000_000),
                read.bytes(key + "queue-bytes", SettingsLoader.KIB, 16 * SettingsLoader.GIB),
                read.bool(key + "queue-qos0"),
                read.secondsOrNever(key + "session-expiry-max", "49710d", EXPIRY_NEVER),
                read.secondsOrNever(key + "session-expiry-v3", "49710d", EXPIRY_NEVER),
                (int) ((read.millis(key + "keep-alive-max", "0s", "65535s") + 999) / 1000),
                (int) read.bytes(key + "send-buffer-low", 4 * SettingsLoader.KIB, SettingsLoader.GIB),
                (int) read.bytes(key + "send-buffer-high", 4 * SettingsLoader.KIB, SettingsLoader.GIB),
                read.millis(key + "session-unavailable-timeout", "1s", "5m"),
                read.millis(key + "slow-consumer-timeout", "1s", "1d"),
                read.integer(key + "mailbox-length", 100, 10_000_000),
                offers());
        if (mqtt.sendBufferLowBytes() > mqtt.sendBufferHighBytes()) {
            read.wrong(key + "send-buffer-low", "at most send-buffer-high");
        }
        if (mqtt.maxAwaitingRel() < mqtt.receiveMaximum()) {
            read.wrong(key + "max-awaiting-rel", "at least receive-maximum, or clients within it would be refused");
        }
        return mqtt;
    }

    private Offers offers() {
        return new Offers(
                QoS.of(read.integer(key + "max-qos", 0, 2)),
                read.bool(key + "retain-available"),
                read.bool(key + "wildcard-subscriptions"),
                read.bool(key + "subscription-identifiers"),
                read.bool(key + "shared-subscriptions"));
    }
}
