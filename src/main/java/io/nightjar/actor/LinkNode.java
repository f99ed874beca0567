package io.nightjar.actor;

import io.nightjar.metrics.Counters;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * What the links of one actor system share: the serializer, which Pekko creates, finds it here. It is not complete until
 * {@link #start}; before that nothing that needs a lane can have come, as nobody knows this node. Thread-safe.
 */
final class LinkNode implements Extension {
    private static final Id ID = new Id();

    private final ActorSystem<?> system;
    private final LocalConnections connections = new LocalConnections();
    private final RemoteConnections remotes = new RemoteConnections();
    private final Congestion congestion = new Congestion();
    private final Map<Long, Lanes> lanes = new ConcurrentHashMap<>();
    private final Set<Long> gone = ConcurrentHashMap.newKeySet();
    private volatile LinkSettings settings = LinkSettings.DEFAULT;
    private volatile Counters counters = new Counters();
    private volatile String name = "";
    private volatile Predicate<LinkMessage> probe = message -> true;
    private volatile long uid;

    private LinkNode(ActorSystem<?> system) {
        this.system = system;
    }

    static LinkNode get(ActorSystem<?> system) {
        return ID.apply(system);
    }

    void start(String nodeName, LinkSettings linkSettings, Counters nodeCounters) {
        settings = linkSettings;
        counters = nodeCounters;
        name = nodeName;
    }

    /** Incarnation of this node, never 0. */
    long uid() {
        if (uid == 0) {
            uid = Cluster.get(system).selfMember().uniqueAddress().longUid();
        }
        return uid;
    }

    String name() {
        return name;
    }

    LinkSettings settings() {
        return settings;
    }

    Counters counters() {
        return counters;
    }

    Congestion congestion() {
        return congestion;
    }

    LocalConnections connections() {
        return connections;
    }

    RemoteConnections remotes() {
        return remotes;
    }

    /** The lanes to a node, made if there are none: an {@code Attach} may come before the cluster's news of its node. */
    Lanes lanes(long peerUid) {
        Lanes known = lanes.computeIfAbsent(peerUid, key -> new Lanes(newLane(key), newLane(key)));
        if (gone.contains(peerUid)) {
            lanes.remove(peerUid);
            known.close();
        }
        return known;
    }

    /** The node left: its lanes are closed, and later ones are from the beginning. */
    void removed(long peerUid) {
        gone.add(peerUid);
        Lanes known = lanes.remove(peerUid);
        if (known != null) {
            known.close();
        }
        remotes.nodeGone(peerUid);
    }

    /** Shows the lanes to every peer. */
    void forEachPeer(Consumer<Lanes> action) {
        lanes.values().forEach(action);
    }

    private PeerLink newLane(long peerUid) {
        return new PeerLink(peerUid, settings, counters, congestion);
    }

    /** Sends to another node's actor, unless a test loses it on the way. */
    <C> void send(ActorRef<C> to, C message) {
        if (!(message instanceof LinkMessage crossing) || probe.test(crossing)) {
            to.tell(message);
        }
    }

    /** For tests: decides which messages get through. */
    void probe(Predicate<LinkMessage> getsThrough) {
        probe = getsThrough;
    }

    /** The two lanes to a peer: a flood of messages does not delay sessions, and the other way round. */
    record Lanes(PeerLink messages, PeerLink sessions) {
        void close() {
            messages.close();
            sessions.close();
        }
    }

    private static final class Id extends ExtensionId<LinkNode> {
        @Override
        public LinkNode createExtension(ActorSystem<?> system) {
            return new LinkNode(system);
        }
    }
}
