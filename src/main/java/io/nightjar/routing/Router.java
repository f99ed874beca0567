package io.nightjar.routing;

import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.Topics;
import io.nightjar.topic.SharedGroup;
import io.nightjar.topic.Subscription;
import io.nightjar.topic.SubscriptionTrie;
import io.nightjar.topic.SubscriptionTrie.Added;
import io.nightjar.topic.SubscriptionTrie.Removed;
import io.nightjar.trace.Tracer;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The heart of a node: takes a {@link Message}, finds who subscribes to it here and which other nodes have subscribers,
 * and hands it to them. Thread-safe. Routing takes no lock, runs on the caller's thread and never blocks; messages that
 * one thread routes reach one subscriber in that order [5.0/4.6.0-5]. Subscribing locks one of {@value #STRIPES}
 * stripes by filter.
 *
 * <p>Shared subscriptions [5.0/4.8.2]: each message goes to one member of a group in the whole cluster. The node that
 * routes it chooses a node by turns among the others that have the filter and itself, if it has a connected member or
 * nobody else has any; the chosen node chooses the member by turns, connected members first. So nodes get equal shares,
 * and members of one node equal shares of that node's. If no member is connected one of them is chosen all the same and
 * its session queues the message. When a session ends, what it did not take comes back by {@link #routeToGroup}.
 */
public final class Router {
    private static final int STRIPES = 64;

    private final Counters counters;
    private final RetainedMessages retained;
    private final String node;
    private final LongSupplier clockMillis;
    private final SubscriptionTrie<Subscriber> local = new SubscriptionTrie<>();
    private final RouteTable routes = new RouteTable();
    private final Object[] stripes = new Object[STRIPES];
    private Tracer tracer = new Tracer();
    private volatile @Nullable FilterChanges filterChanges;
    private volatile Consumer<Message> retainedReplication = message -> {};

    /** @param node name of this node, the origin of what is retained here */
    public Router(Counters counters, RetainedMessages retained, String node, LongSupplier clockMillis) {
        this.counters = counters;
        this.retained = retained;
        this.node = node;
        this.clockMillis = clockMillis;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Object();
        }
    }

    /** Who hears of filters that come and go; changes before this call are in {@link #forEachLocalFilter}. */
    public void setFilterChanges(FilterChanges changes) {
        filterChanges = changes;
    }

    /**
     * Who sends what is retained on this node to all peers, each to their {@link #storeRetained} with this node as
     * origin. Called on the publisher's thread; must not block. An empty payload is a deletion.
     */
    public void setRetainedReplication(Consumer<Message> replication) {
        retainedReplication = replication;
    }

    /** Who traces messages by topic; to be called before the first one is routed. */
    public void setTracer(Tracer tracer) {
        this.tracer = tracer;
    }

    /** Which other node has which filters. */
    public RouteTable routes() {
        return routes;
    }

    /**
     * Retains the message if it says so, then hands it to all subscribers in the cluster.
     *
     * @return to how many subscribers of this node and other nodes it went; 0 is "no matching subscribers", which is not
     *     said if the publisher's own subscription matches and No Local spares it
     */
    public int route(Message message) {
        if (message.retain()) {
            // Before matching: whoever subscribes meanwhile finds it either live or retained.
            Message stored = retained.publish(message, node);
            if (stored != null) {
                retainedReplication.accept(stored);
            }
        }
        Fanout fanout = new Fanout(message);
        local.match(message.topic(), fanout);
        int reached = fanout.deliverPlain();
        int nodes = 0;
        List<String> dropped = List.of();
        if (!routes.isEmpty()) {
            PeerFanout peers = new PeerFanout();
            routes.match(message.topic(), peers);
            reached += deliverToGroups(fanout, peers);
            nodes = peers.forward(message);
            dropped = peers.dropped();
            reached += nodes;
        } else {
            for (SharedGroup<Subscriber> group : fanout.groups()) {
                reached += deliverToMember(fanout, group, true);
            }
        }
        if (tracer.selectsByTopic()) {
            RouteTrace.routed(
                    tracer, message, new RouteTrace.Reach(reached - nodes, nodes, dropped, fanout.isPublisherSpared()));
        }
        if (reached == 0 && fanout.isPublisherSpared()) {
            reached = 1;
        }
        if (!message.publisher().isEmpty()) { // what the broker says itself would hide what clients do
            counters.increment(reached > 0 ? Counter.MESSAGES_ROUTED : Counter.MESSAGES_WITHOUT_SUBSCRIBER);
        }
        return reached;
    }

    /** Whether anybody in the cluster subscribes to a topic, for those who would make a message only if so. */
    public boolean hasSubscribers(String topic) {
        AtomicBoolean found = new AtomicBoolean();
        local.match(topic, matched -> found.setPlain(true));
        if (!found.getPlain() && !routes.isEmpty()) {
            routes.match(topic, matched -> found.setPlain(true));
        }
        return found.getPlain();
    }

    /**
     * Hands a message that another node forwarded to subscribers of this node. Does not retain it: see
     * {@link #storeRetained}.
     *
     * @param plain whether unshared subscriptions get it
     * @param sharedFilters {@code $share/group/filter}, each for one member
     * @return to how many subscribers it went; 0 if they left meanwhile
     */
    public int routeFromPeer(Message message, boolean plain, List<String> sharedFilters) {
        Fanout fanout = new Fanout(message);
        int reached = 0;
        if (plain) {
            local.match(message.topic(), fanout);
            reached = fanout.deliverPlain();
        }
        for (String filter : sharedFilters) {
            SharedGroup<Subscriber> group = local.group(filter);
            reached += group == null ? 0 : deliverToMember(fanout, group, true);
        }
        if (tracer.selectsByTopic()) {
            RouteTrace.fromPeer(tracer, message, reached);
        }
        return reached;
    }

    /**
     * Gives a message of a shared subscription to another member: the session that had it ended before it took it.
     *
     * @param sharedFilter {@code $share/group/filter}
     * @return false if nobody is left
     */
    public boolean routeToGroup(Message message, String sharedFilter) {
        Fanout fanout = new Fanout(message);
        SharedGroup<Subscriber> here = local.group(sharedFilter);
        SharedGroup<Peer> there = routes.group(sharedFilter);
        PeerFanout peers = new PeerFanout();
        int subscribers;
        if (there != null) {
            subscribers = deliverToOneNode(fanout, peers, there, here);
        } else {
            subscribers = here == null ? 0 : deliverToMember(fanout, here, true);
        }
        int nodes = peers.forward(message);
        if (tracer.selectsByTopic()) {
            RouteTrace.handedOn(
                    tracer, message, sharedFilter, new RouteTrace.Reach(subscribers, nodes, peers.dropped(), false));
        }
        return subscribers + nodes > 0;
    }

    /** Takes over what another node retained, or what a store kept; an empty payload deletes. */
    public boolean storeRetained(Message message, String origin) {
        return retained.store(message, origin);
    }

    /** Retained messages that a valid filter matches now, found while iterating; none for a shared one [5.0/4.8.2]. */
    public Iterator<Message> retained(String filter) {
        return Topics.isShared(filter) ? Collections.emptyIterator() : retained.match(filter, clockMillis.getAsLong());
    }

    /**
     * Adds a subscription, or replaces the same subscriber's to the same filter [5.0/3.8.4-3].
     *
     * @param filter valid, perhaps {@code $share/group/filter}
     * @param identifier Subscription Identifier, 0 for none
     * @return whether it is new
     */
    public boolean subscribe(Subscriber subscriber, String filter, SubscriptionOptions options, int identifier) {
        synchronized (stripe(filter)) {
            Added added = local.add(filter, subscriber, options, identifier);
            FilterChanges changes = filterChanges;
            if (added == Added.FIRST && changes != null) {
                changes.added(filter);
            }
            return added != Added.REPLACED;
        }
    }

    /** Removes a subscription; answers whether there was one. */
    public boolean unsubscribe(Subscriber subscriber, String filter) {
        synchronized (stripe(filter)) {
            Removed removed = local.remove(filter, subscriber);
            FilterChanges changes = filterChanges;
            if (removed == Removed.LAST && changes != null) {
                changes.removed(filter);
            }
            return removed != Removed.ABSENT;
        }
    }

    /**
     * Every filter that has a local subscriber, shared ones as {@code $share/group/filter}. A change that
     * {@link FilterChanges} was told of before this call is certainly seen; one told of during it may be.
     */
    public void forEachLocalFilter(Consumer<String> action) {
        local.forEachFilter(action);
    }

    /** Distinct filters with local subscribers. */
    public long filters() {
        return local.filters();
    }

    /** Subscriptions of local subscribers. */
    public long subscriptions() {
        return local.subscriptions();
    }

    private int deliverToGroups(Fanout fanout, PeerFanout peers) {
        if (peers.groups().isEmpty() && fanout.groups().isEmpty()) {
            return 0;
        }
        Map<String, SharedGroup<Subscriber>> here = new HashMap<>();
        for (SharedGroup<Subscriber> group : fanout.groups()) {
            here.put(group.filter(), group);
        }
        int reached = 0;
        for (SharedGroup<Peer> there : peers.groups()) {
            reached += deliverToOneNode(fanout, peers, there, here.remove(there.filter()));
        }
        for (SharedGroup<Subscriber> group : here.values()) {
            reached += deliverToMember(fanout, group, true);
        }
        return reached;
    }

    /** Answers 1 if a local member got it; peers are counted when they are sent to. */
    private int deliverToOneNode(
            Fanout fanout, PeerFanout peers, SharedGroup<Peer> there, @Nullable SharedGroup<Subscriber> here) {
        int others = there.size();
        int nodes = others + (here == null ? 0 : 1);
        int count = there.turn();
        int turn = nodes == 0 ? 0 : Integer.remainderUnsigned(count, nodes);
        if (here != null && turn == others && deliverToMember(fanout, here, others == 0) == 1) {
            return 1;
        }
        int first = turn < others || nodes == 0
                ? turn
                : Integer.divideUnsigned(count, nodes); // what we decline goes to all in turn
        for (int i = 0; i < others; i++) {
            Subscription<Peer> route = there.at(Integer.remainderUnsigned(first + i, others));
            if (route != null) {
                peers.choose(route, there.filter());
                return 0;
            }
        }
        return here == null ? 0 : deliverToMember(fanout, here, true);
    }

    private int deliverToMember(Fanout fanout, SharedGroup<Subscriber> group, boolean orDisconnected) {
        Subscription<Subscriber> member = group.next(Subscriber::isConnected, orDisconnected);
        if (member == null) {
            return 0;
        }
        fanout.deliverShared(member, group.filter());
        return 1;
    }

    private Object stripe(String filter) {
        int hash = filter.hashCode();
        return stripes[(hash ^ hash >>> 16) & STRIPES - 1];
    }
}
