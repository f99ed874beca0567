package io.nightjar.actor;

import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Message;
import io.nightjar.routing.RetainedMessages;
import io.nightjar.routing.Router;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The links of this node to all others: messages, retained messages, routes, and what sessions and sockets on different
 * nodes say to each other. One for each actor system, started before sharding and before the first subscription, and
 * ended with the system. A node alone is a cluster of one and has none. Thread-safe; nothing here blocks.
 */
public final class ClusterLinks {
    private final LinkNode node;
    private final List<Consumer<String>> nodeLost = new CopyOnWriteArrayList<>();

    private ClusterLinks(LinkNode node) {
        this.node = node;
    }

    /**
     * Starts the links and makes them the router's way to other nodes: filter changes and retained messages of the
     * router go to all peers from now on.
     *
     * @param nodeName name of this node, as {@link io.nightjar.message.Connection#node()} says it
     */
    public static ClusterLinks start(
            ActorSystem<?> system,
            String nodeName,
            Router router,
            RetainedMessages retained,
            Counters counters,
            LinkSettings settings) {
        LinkNode node = LinkNode.get(system);
        node.start(nodeName, settings, counters);
        ClusterLinks links = new ClusterLinks(node);
        router.setRetainedReplication(links::replicate);
        // A fault in one message must not make the node deaf: the hub goes on with the state it has.
        system.systemActorOf(
                Behaviors.supervise(LinkHub.create(node, router, retained, links::lost))
                        .onFailure(SupervisorStrategy.resume()),
                LinkHub.NAME,
                Props.empty());
        return links;
    }

    /** Whether a link to a peer is above its high-water mark: stop reading the sockets of publishers. */
    public boolean isCongested() {
        return node.congestion().isCongested();
    }

    /** Told of each change of {@link #isCongested}, on whatever thread caused it; must return at once. */
    public void onCongestion(Consumer<Boolean> listener) {
        node.congestion().onChange(listener);
    }

    /** Told the name of a node that is down or left, once; on an actor's thread, must return at once. */
    public void onNodeLost(Consumer<String> listener) {
        nodeLost.add(listener);
    }

    /** The sockets of this node whose session may be elsewhere; call its {@code remove} at the end of each socket. */
    public LocalConnections connections() {
        return node.connections();
    }

    /** Connections on other nodes that are attached to sessions here. */
    public int remoteConnections() {
        return node.remotes().size();
    }

    /** Items and bytes that wait for each peer, by node name: {@code queued, queued_bytes}. */
    public Map<String, Map<String, Object>> figures() {
        Map<String, Map<String, Object>> figures = new LinkedHashMap<>();
        node.forEachPeer(lanes -> {
            int queued = lanes.messages().queued() + lanes.sessions().queued();
            long bytes = lanes.messages().queuedBytes() + lanes.sessions().queuedBytes();
            figures.put(lanes.messages().node(), Map.of("queued", queued, "queued_bytes", bytes));
        });
        return figures;
    }

    /** Names of the other nodes that presented themselves. */
    public List<String> peers() {
        List<String> names = new ArrayList<>();
        node.forEachPeer(lanes -> {
            if (!lanes.messages().node().isEmpty()) {
                names.add(lanes.messages().node());
            }
        });
        return names;
    }

    private void replicate(Message message) {
        node.forEachPeer(lanes -> lanes.messages().forwardRetained(message, node.name()));
    }

    private void lost(String name) {
        nodeLost.forEach(listener -> listener.accept(name));
    }
}
