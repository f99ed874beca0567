package io.nightjar.auth;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.Topics;

/**
 * Refuses every client that publishes to {@code $SYS}, whatever the rules say, and asks them about all the rest: what
 * stands there is read as the broker's own word. Other topics that begin with {@code $} are free.
 */
public final class SystemTopics implements Authorizer {
    /** How the refusal names its rule. */
    public static final String RULE = "$SYS is the broker's";

    private final Authorizer rules;
    private final Decision refusal;

    /**
     * @param denyDisconnects whether a refusal ends the connection too
     * @param denyCode what an MQTT 5 client is told in the answer to a packet that is refused
     */
    public SystemTopics(Authorizer rules, boolean denyDisconnects, ReasonCode denyCode) {
        this.rules = rules;
        this.refusal = new Decision(false, RULE, denyDisconnects, denyCode);
    }

    @Override
    public Decision authorize(Client client, Action action, String topic, QoS qos, boolean retain) {
        return action == Action.PUBLISH && Topics.isSystem(topic)
                ? refusal
                : rules.authorize(client, action, topic, qos, retain);
    }
}
