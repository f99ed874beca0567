package io.nightjar.connection;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import org.jspecify.annotations.Nullable;

/** Topic Aliases that the client set on this connection [5.0/3.3.2.3.4]. Owned by the connection's event loop. */
public final class InboundAliases {
    private final int maximum;
    private @Nullable String @Nullable [] topics;

    /** @param maximum as announced in CONNACK, 0 = none */
    public InboundAliases(int maximum) {
        this.maximum = maximum;
    }

    /** Why this alias may not be used, or null [5.0/3.3.2-8, -9]. */
    public @Nullable DisconnectReason check(int alias, String topic) {
        if (alias == 0 || alias > maximum) {
            return DisconnectReason.of(
                    Detail.TOPIC_ALIAS_INVALID,
                    "alias",
                    Integer.toString(alias),
                    "limit",
                    "nightjar.mqtt.max-topic-alias=" + maximum,
                    "rule",
                    alias == 0 ? "5.0/3.3.2-8" : "5.0/3.3.2-9");
        }
        if (topic.isEmpty() && get(alias) == null) {
            return DisconnectReason.of(
                    Detail.PROTOCOL_ERROR,
                    "problem",
                    "topic alias " + alias + " is not mapped to a topic yet",
                    "rule",
                    "5.0/3.3.2.3.4");
        }
        return null;
    }

    /** The topic that a checked PUBLISH is for; a topic that is not empty (re)maps the alias. */
    public String resolve(int alias, String topic) {
        if (topic.isEmpty()) {
            String known = get(alias);
            return known == null ? "" : known;
        }
        if (topics == null) {
            topics = new String[maximum + 1];
        }
        topics[alias] = topic;
        return topic;
    }

    private @Nullable String get(int alias) {
        return topics == null ? null : topics[alias];
    }
}
