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
 *                                      |             | within the last 10 minutes (A, B, A), other fingerprint
 * alternation_while_active             | conflict    | the same with the same fingerprint, if they fight
 * repeated_takeovers                   | conflict    | 3 takeovers of this ClientID in the last minute, whoever it
 *                                      |             | was (two devices behind one address look alike), if they fight
 * other_certificate                    | conflict    | both showed a certificate, and not for the same subject
 * same_address_other_username          | conflict    | same IP address (a NAT, or one machine), other username, and
 *                                      |             | the old connection was active in the last 30 s
 * same_address                         | same_client | same IP address
 * roams                                | same_client | to and fro between addresses with the same fingerprint, but no
 *                                      |             | fight: a device between Wi-Fi and a mobile network
 * same_fingerprint_new_address         | same_client | other address, but version, Keep Alive, username, Will
 *                                      |             | Topic and certificate are all the same: the device roamed
 * other_device_while_active            | conflict    | other address, other fingerprint, and the old connection was
 *                                      |             | active in the last 30 s
 * same_username_new_address            | same_client | other address, same username, the old connection is silent
 * other_device                         | conflict    | other address, other username
 * </pre>
 *
 * <p>They fight if their fingerprints differ, if the displaced connection was heard of in the last 3 s, as only one of two
 * living devices is, or if the displaced came back within 10 s twice. The fingerprint is version, Keep Alive, username,
 * Will Topic and certificate.
 */
public final class ReturnOrConflict {
    /** How far back an alternation counts, in milliseconds. */
    public static final long ALTERNATION_MILLIS = 10 * 60_000;

    /** How far back takeovers count as repeated, in milliseconds. */
    public static final long REPEATED_MILLIS = 60_000;

    /** Earlier takeovers within {@link #REPEATED_MILLIS} that make a conflict. */
    public static final int REPEATED_TAKEOVERS = 3;

    /** An old connection heard of within this many milliseconds was active. */
    public static final long ACTIVE_MILLIS = 30_000;

    /** Of a device that starts again or changes its network nothing was heard for this long, in milliseconds. */
    public static final long FIGHTING_MILLIS = 3_000;

    /** Who was displaced and displaces within this many milliseconds came back at once. */
    public static final long AT_ONCE_MILLIS = 10_000;

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
            @Nullable String willTopic,
            @Nullable String certificateSubject) {

        boolean sameFingerprint(Peer other) {
            return version == other.version
                    && keepAliveSeconds == other.keepAliveSeconds
                    && Objects.equals(username, other.username)
                    && Objects.equals(willTopic, other.willTopic)
                    && Objects.equals(certificateSubject, other.certificateSubject);
        }
    }

    /** One connection took the place of another. */
    public record Takeover(Peer displaced, Peer by, long atMillis) {}

    /**
     * @param rule name of the rule that decided, so that an operator can disagree
     * @param alternations how often these two displaced each other within {@link #ALTERNATION_MILLIS}, this one included
     * @param alternatingMillis since the first of those
     */
    public record Decision(boolean conflict, String rule, int alternations, long alternatingMillis) {}

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
        long since = 0;
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
                    since = Math.max(since, age);
                }
            }
        }
        boolean alike = displaced.sameFingerprint(newcomer);
        boolean fight = !alike
                || activeAgoMillis <= FIGHTING_MILLIS
                || alternates && returnsAtOnce(new Takeover(displaced, newcomer, nowMillis), recent) > 1;
        if (alternates && fight) {
            return new Decision(true, alike ? "alternation_while_active" : "alternation", alternations, since);
        } else if (repeated >= REPEATED_TAKEOVERS && fight) {
            return new Decision(true, "repeated_takeovers", alternations, since);
        }
        String conflict = conflict(displaced, newcomer, activeAgoMillis);
        if (conflict != null) {
            return new Decision(true, conflict, alternations, since);
        }
        String rule = alternates && alike ? "roams" : sameClient(displaced, newcomer);
        return new Decision(false, rule, alternations, since);
    }

    /** How often one of these two displaced the other right after it was displaced by it. */
    private static int returnsAtOnce(Takeover last, List<Takeover> recent) {
        int returns = returnsAtOnce(last, recent, last) ? 1 : 0;
        for (Takeover takeover : recent) {
            returns += returnsAtOnce(takeover, recent, last) ? 1 : 0;
        }
        return returns;
    }

    private static boolean returnsAtOnce(Takeover takeover, List<Takeover> recent, Takeover last) {
        boolean theirs = takeover.displaced.equals(last.displaced) && takeover.by.equals(last.by)
                || takeover.displaced.equals(last.by) && takeover.by.equals(last.displaced);
        for (Takeover before : recent) {
            long later = takeover.atMillis - before.atMillis;
            if (theirs
                    && later >= 0
                    && later <= AT_ONCE_MILLIS
                    && before.displaced.equals(takeover.by)
                    && before.by.equals(takeover.displaced)) {
                return true;
            }
        }
        return false;
    }

    /** The rule by which these two are two, or null. */
    private static @Nullable String conflict(Peer displaced, Peer newcomer, long activeAgoMillis) {
        boolean active = activeAgoMillis <= ACTIVE_MILLIS;
        boolean sameUsername = Objects.equals(displaced.username, newcomer.username);
        if (displaced.certificateSubject != null
                && newcomer.certificateSubject != null
                && !displaced.certificateSubject.equals(newcomer.certificateSubject)) {
            return "other_certificate";
        } else if (displaced.address.equals(newcomer.address)) {
            return active && !sameUsername ? "same_address_other_username" : null;
        } else if (displaced.sameFingerprint(newcomer)) {
            return null;
        } else if (active) {
            return "other_device_while_active";
        }
        return sameUsername && displaced.username != null ? null : "other_device";
    }

    /** The rule by which they are one, if none makes them two. */
    private static String sameClient(Peer displaced, Peer newcomer) {
        if (displaced.address.equals(newcomer.address)) {
            return "same_address";
        }
        return displaced.sameFingerprint(newcomer) ? "same_fingerprint_new_address" : "same_username_new_address";
    }
}
