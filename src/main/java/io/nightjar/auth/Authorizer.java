package io.nightjar.auth;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import org.jspecify.annotations.Nullable;

/** Decides whether a client may publish to a topic or subscribe to a filter. Fast: called for every PUBLISH. */
public interface Authorizer {
    Decision authorize(Client client, Action action, String topic, QoS qos, boolean retain);

    /** Who asks. {@code address} is an IP address without port. */
    record Client(String clientId, @Nullable String username, String address) {}

    /** What for; {@code topic} is then a Topic Name or a Topic Filter (of a shared one the part after the group). */
    enum Action {
        PUBLISH,
        SUBSCRIBE
    }

    /**
     * @param rule the rule that decided, as evidence: {@code acl rule 3 (deny publish $SYS/#)} or {@code no-match}
     * @param disconnect if denied: whether the client is to be disconnected too
     * @param code what an MQTT 5 client is told in the answer to its packet
     */
    record Decision(boolean allowed, String rule, boolean disconnect, ReasonCode code) {
        public static final Decision ALLOWED = new Decision(true, "", false);

        /** A denial is told as Not authorized. */
        public Decision(boolean allowed, String rule, boolean disconnect) {
            this(allowed, rule, disconnect, allowed ? ReasonCode.SUCCESS : ReasonCode.NOT_AUTHORIZED);
        }
    }
}
