package io.nightjar.diagnosis;

import io.nightjar.mqtt.MqttVersion;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tells two cases apart when a ClientID connects while a connection for it is still open: the same device came back
 * before its old socket was seen dead, or two devices share the ClientID. Pure; the first rule that fits decides:
 *
 * <pre>
 * rule                                 | verdict     | when
 * -------------------------------------+-------------+-----------------------------------------------------------
 * alternation                          | conflict    | the newcomer was displaced by the one it displaces now,
 *                                      |             | within the last 5 minutes (A, B, A)
 * repeated_takeovers                   | conflict    | 3 takeovers of this ClientID in the last minute, whoever it
 *                                      |             | was: two devices behind one address look alike
 * same_address                         | same_client | same IP address
 * same_fingerprint_new_address         | same_client | other address, but version, Keep Alive, username and Will
 *                                      |             | Topic are all the same: the device roamed
 * other_device_while_active            | conflict    | other address, other fingerprint, and the old connection was
 *                                      |             | active in the last 30 s
 * same_username_new_address            | same_client | other address, same username, the old connection is silent
 * other_device                         | conflict    | other address, other username
 * </pre>
 */
public final class ReturnOrConflict {
    /** How far back an alternation counts, in milliseconds. */
    public static final long ALTERNATION_MILLIS = 5 * 60_000;

    /** How far back takeovers count as repeated, in milliseconds. */
    public static final long REPEATED_MILLIS = 60_000;

    /** Earlier takeovers within {@link #REPEATED_MILLIS} that make a conflict. */
    public static final int REPEATED_TAKEOVERS = 3;

    /** An old connection heard of within this many milliseconds was active. */
    public static final long ACTIVE_MILLIS = 30_000;

    private ReturnOrConflict() {}

    /**
     * Who is at the other end of a connection, as far as its CONNECT tells.
     *
     * @param address IP address without the port
     */
    public record Peer(
            String address,
            MqttVersion version,
            int keepAliveSeconds,
            @Nullable String username,
            @Nullable String willTopic) {

        boolean sameFingerprint(Peer other) {
            return version == other.version
                    && keepAliveSeconds == other.keepAliveSeconds
                    && Objects.equals(username, other.username)
                    && Objects.equals(willTopic, other.willTopic);
        }
    }

    /** One connection took the place of another. */
    public record Takeover(Peer displaced, Peer by, long atMillis) {}

    /**
     * @param rule name of the rule that decided, so that an operator can disagree
     * @param alternations how often these two displaced each other within {@link #ALTERNATION_MILLIS}, this one included
     */
    public record Decision(boolean conflict, String rule, int alternations) {}

    /**
     * Decides.
     *
     * @param activeAgoMillis since the old connection was last heard of
     * @param recent earlier takeovers of this ClientID, in any order
     */
    public static Decision decide(
            Peer displaced, Peer newcomer, long activeAgoMillis, List<Takeover> recent, long nowMillis) {
        int alternations = 1;
        int repeated = 0;
        boolean alternates = false;
        for (Takeover takeover : recent) {
            long age = nowMillis - takeover.atMillis;
            if (age <= REPEATED_MILLIS) {
                repeated++;
            }
            if (age <= ALTERNATION_MILLIS && !newcomer.equals(displaced)) {
                boolean reverse = takeover.displaced.equals(newcomer) && takeover.by.equals(displaced);
                alternates |= reverse;
                if (reverse || takeover.displaced.equals(displaced) && takeover.by.equals(newcomer)) {
                    alternations++;
                }
            }
        }
        if (alternates) {
            return new Decision(true, "alternation", alternations);
        } else if (repeated >= REPEATED_TAKEOVERS) {
            return new Decision(true, "repeated_takeovers", alternations);
        }
        return byPeers(displaced, newcomer, activeAgoMillis, alternations);
    }

    private static Decision byPeers(Peer displaced, Peer newcomer, long activeAgoMillis, int alternations) {
        if (displaced.address.equals(newcomer.address)) {
            return new Decision(false, "same_address", alternations);
        } else if (displaced.sameFingerprint(newcomer)) {
            return new Decision(false, "same_fingerprint_new_address", alternations);
        } else if (activeAgoMillis <= ACTIVE_MILLIS) {
            return new Decision(true, "other_device_while_active", alternations);
        } else if (displaced.username != null && displaced.username.equals(newcomer.username)) {
            return new Decision(false, "same_username_new_address", alternations);
        }
        return new Decision(true, "other_device", alternations);
    }
}
