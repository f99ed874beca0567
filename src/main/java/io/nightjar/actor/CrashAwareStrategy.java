package io.nightjar.actor;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.function.Predicate;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.sbr.DowningStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.collection.immutable.SortedSet;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Who goes on when nodes do not reach each other.
 *
 * <p>The larger part does; of two equal ones that with the oldest node. The smaller part stops, with one exception:
 * when every node it misses is dead for certain. Pekko's keep-oldest and keep-majority have no such exception, so of two
 * nodes the death of one (the oldest; the one with the lower address) takes the other with it. A process that is gone
 * leaves a port that refuses connections, and a partition leaves one that does not answer: that is the proof.
 *
 * <p>Used by Pekko's resolver on its own actor, once nothing has changed for {@code stable-after}. Asking the ports may
 * hold that actor for {@link #PROBE_MILLIS} once, when a decision to stop would be the alternative.
 */
final class CrashAwareStrategy extends DowningStrategy {
    /** How long a port may take to answer. */
    static final int PROBE_MILLIS = 1000;

    private static final Logger log = LoggerFactory.getLogger(CrashAwareStrategy.class);

    private final Predicate<Address> dead;

    CrashAwareStrategy(String dataCenter, UniqueAddress self, Predicate<Address> dead) {
        super(dataCenter, self);
        this.dead = dead;
    }

    @Override
    public Option<String> role() {
        return Option.empty();
    }

    @Override
    public Decision decide() {
        if (hasIndirectlyConnected()) {
            return DowningStrategy.DownIndirectlyConnected$.MODULE$;
        }
        boolean byNow = wins(false);
        boolean byChanges = wins(true);
        if (byNow && byChanges) {
            return DowningStrategy.DownUnreachable$.MODULE$;
        } else if (allMissingAreDead()) {
            log.warn("event=unreachable_nodes_are_dead nodes={} proof=connection_refused", unreachableMembers());
            return DowningStrategy.DownUnreachable$.MODULE$;
        }
        // Members that are on their way in or out may be known to one side only: if they tip it, nobody is sure.
        return byNow ? DowningStrategy.DownAll$.MODULE$ : DowningStrategy.DownReachable$.MODULE$;
    }

    /** @param changes count members that may be Up on the other side already, and not those that may be gone there */
    private boolean wins(boolean changes) {
        SortedSet<Member> all = members(changes, changes);
        int here = reachableMembers(changes, changes).size();
        int there = unreachableMembers(changes, changes).size();
        if (here != there) {
            return here > there;
        }
        Member oldest = null;
        for (Member member : CollectionConverters.asJava(all)) {
            if (oldest == null || member.isOlderThan(oldest)) {
                oldest = member;
            }
        }
        return oldest != null && !unreachable(oldest);
    }

    private boolean allMissingAreDead() {
        for (Member member : CollectionConverters.asJava(unreachableMembers())) {
            if (!dead.test(member.address())) {
                return false;
            }
        }
        return !unreachable().isEmpty();
    }

    /** Whether the host of an address says that nobody listens there. */
    static boolean refuses(Address address) {
        if (address.host().isEmpty() || address.port().isEmpty()) {
            return false;
        }
        int port = (Integer) address.port().get();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.host().get(), port), PROBE_MILLIS);
            return false;
        } catch (ConnectException e) {
            // Also "network is unreachable" and a timeout come as this type; only a refusal is a proof.
            String text = e.getMessage();
            return text != null && text.contains("refused");
        } catch (IOException e) {
            log.info("event=node_does_not_answer node={} error=\"{}\"", address, e.getMessage());
            return false;
        }
    }
}
