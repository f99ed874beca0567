package io.nightjar.actor;

import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.routing.FilterDigest;
import io.nightjar.routing.RouteTable;
import io.nightjar.routing.Router;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the other nodes which filters this one has subscribers for, and keeps what they tell in the {@link RouteTable}.
 * Each node writes its own column and nobody else's, so no agreement is needed.
 *
 * <p>Changes go out as numbered updates to all peers, as many in one as came since the last ({@link LocalChanges}). Every
 * {@link LinkSettings#routeDigestEvery} each node also tells the number of its last update and a digest of its column.
 * A peer that misses a number, or finds another digest twice in a row, pulls everything, in pieces that fit a frame.
 * A node that is unreachable keeps its column: it may come back, and its lane holds messages for it meanwhile. A node
 * that left loses it.
 */
final class RouteReplica extends AbstractBehavior<RouteReplica.Command> {
    /** What it understands; the {@code Route} messages of {@link LinkMessage} come from peers. */
    interface Command {}

    record PeerUp(PeerLink link, ActorRef<Command> routes) implements Command {}

    record PeerDown(PeerLink link) implements Command {}

    /** Filters of this node came or went. */
    private enum Changed implements Command {
        INSTANCE
    }

    private enum Tick implements Command {
        INSTANCE
    }

    /** UTF-16 units in one message: at most three bytes each, so far below a frame. */
    private static final int MOST_CHARS = 60_000;

    private static final Logger log = LoggerFactory.getLogger(RouteReplica.class);

    private final LinkNode node;
    private final Router router;
    private final RouteTable table;
    private final Counters counters;
    private final Map<Long, Column> columns = new HashMap<>();
    private final LocalChanges changes;
    private final Set<String> foundAtStart = new HashSet<>();
    private FilterDigest own = FilterDigest.EMPTY;
    private long sequence;

    static Behavior<Command> create(LinkNode node, Router router, LinkSettings settings, Counters counters) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new RouteReplica(context, timers, node, router, settings, counters)));
    }

    private RouteReplica(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            LinkNode node,
            Router router,
            LinkSettings settings,
            Counters counters) {
        super(context);
        this.node = node;
        this.router = router;
        this.table = router.routes();
        this.counters = counters;
        timers.startTimerWithFixedDelay(Tick.INSTANCE, settings.routeDigestEvery());
        ActorRef<Command> self = context.getSelf();
        changes = new LocalChanges(() -> self.tell(Changed.INSTANCE));
        router.setFilterChanges(changes);
        // A filter that comes while we look is perhaps both seen here and told to us: count() counts it once.
        router.forEachLocalFilter(foundAtStart::add);
        for (String filter : foundAtStart) {
            own = own.plus(filter);
        }
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Changed.class, changed -> onChanged())
                .onMessage(LinkMessage.RouteUpdate.class, this::onUpdate)
                .onMessage(LinkMessage.RouteSnapshot.class, this::onSnapshot)
                .onMessage(LinkMessage.RouteDigest.class, this::onDigest)
                .onMessage(LinkMessage.RoutePull.class, this::onPull)
                .onMessage(Tick.class, tick -> onTick())
                .onMessage(PeerUp.class, this::onPeerUp)
                .onMessage(PeerDown.class, this::onPeerDown)
                .build();
    }

    private Behavior<Command> onChanged() {
        tellChanges();
        return this;
    }

    private void count(String filter, boolean isAdded) {
        boolean counted = foundAtStart.remove(filter);
        if (isAdded && !counted) {
            own = own.plus(filter);
        } else if (!isAdded) {
            own = own.minus(filter);
        }
    }

    private void tellChanges() {
        Map<String, Boolean> pending = new LinkedHashMap<>(); // of one filter the last counts
        changes.take((filter, isAdded) -> {
            count(filter, isAdded);
            pending.put(filter, isAdded);
        });
        List<String> added = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        int chars = 0;
        for (Map.Entry<String, Boolean> change : pending.entrySet()) {
            (change.getValue() ? added : removed).add(change.getKey());
            chars += change.getKey().length() + 4;
            if (chars > MOST_CHARS) {
                update(added, removed);
                added = new ArrayList<>();
                removed = new ArrayList<>();
                chars = 0;
            }
        }
        if (!added.isEmpty() || !removed.isEmpty()) {
            update(added, removed);
        }
    }

    private void update(List<String> added, List<String> removed) {
        LinkMessage.RouteUpdate update = new LinkMessage.RouteUpdate(node.uid(), ++sequence, added, removed);
        columns.values().forEach(column -> node.send(column.routes, update));
    }

    private Behavior<Command> onTick() {
        tellChanges();
        LinkMessage.RouteDigest digest =
                new LinkMessage.RouteDigest(node.uid(), sequence, own.hash(), (int) own.count());
        columns.values().forEach(column -> node.send(column.routes, digest));
        return this;
    }

    private Behavior<Command> onPull(LinkMessage.RoutePull pull) {
        Column asker = columns.get(pull.uid());
        if (asker == null) {
            return this;
        }
        // The router may be ahead of our last update; what it is ahead by follows in updates that change nothing.
        Pieces pieces = new Pieces(asker.routes);
        router.forEachLocalFilter(pieces::add);
        pieces.send(true);
        return this;
    }

    private Behavior<Command> onUpdate(LinkMessage.RouteUpdate update) {
        Column column = columns.get(update.uid());
        if (column == null || !column.synced || update.sequence() <= column.sequence) {
            return this;
        }
        if (update.sequence() > column.sequence + 1) {
            pull(column, "gap");
            return this;
        }
        column.sequence = update.sequence();
        update.added().forEach(filter -> table.add(column.link, filter));
        update.removed().forEach(filter -> table.remove(column.link, filter));
        return this;
    }

    private Behavior<Command> onDigest(LinkMessage.RouteDigest digest) {
        Column column = columns.get(digest.uid());
        if (column == null || digest.sequence() < column.sequence) {
            return this;
        }
        if (!column.synced) {
            if (!column.advanced) {
                pull(column, "no_answer");
            }
            column.advanced = false;
            return this;
        }
        FilterDigest held = table.digest(column.link);
        boolean same = held.hash() == digest.digest() && held.count() == digest.count();
        column.mismatches = same ? 0 : column.mismatches + 1;
        if (digest.sequence() > column.sequence) {
            pull(column, "gap");
        } else if (column.mismatches > 1) {
            pull(column, "digest");
        }
        return this;
    }

    private Behavior<Command> onSnapshot(LinkMessage.RouteSnapshot snapshot) {
        Column column = columns.get(snapshot.uid());
        if (column == null || snapshot.part() != 0 && snapshot.part() != column.nextPart) {
            return this;
        }
        if (snapshot.part() == 0) {
            column.collected = new HashSet<>();
        }
        column.nextPart = snapshot.part() + 1;
        column.advanced = true;
        column.collected.addAll(snapshot.filters());
        if (snapshot.last()) {
            take(column, snapshot.sequence());
        }
        return this;
    }

    private void take(Column column, long atSequence) {
        Set<String> wanted = column.collected;
        List<String> stale = new ArrayList<>();
        if (table.digest(column.link).count() > 0) {
            table.forEachFilter(column.link, filter -> {
                if (!wanted.contains(filter)) {
                    stale.add(filter);
                }
            });
        }
        wanted.forEach(filter -> table.add(column.link, filter));
        stale.forEach(filter -> table.remove(column.link, filter));
        column.collected = new HashSet<>();
        column.nextPart = 0;
        column.sequence = atSequence;
        column.synced = true;
        column.mismatches = 0;
        counters.increment(Counter.ROUTE_SNAPSHOTS);
    }

    private Behavior<Command> onPeerUp(PeerUp up) {
        if (!columns.containsKey(up.link().uid())) {
            Column column = new Column(up.link(), up.routes());
            columns.put(up.link().uid(), column);
            changes.hurry(true);
            tellChanges();
            pull(column, "new_peer");
        }
        return this;
    }

    private Behavior<Command> onPeerDown(PeerDown down) {
        columns.remove(down.link().uid());
        changes.hurry(!columns.isEmpty());
        int dropped = table.removeAll(down.link());
        log.info("event=routes_dropped node=\"{}\" filters={}", down.link().node(), dropped);
        return this;
    }

    private void pull(Column column, String why) {
        column.synced = false;
        column.advanced = true;
        log.info("event=routes_pulled node=\"{}\" why={}", column.link.node(), why);
        node.send(column.routes, new LinkMessage.RoutePull(node.uid()));
    }

    /** What a peer told. */
    private static final class Column {
        private final PeerLink link;
        private final ActorRef<Command> routes;
        private Set<String> collected = new HashSet<>();
        private int nextPart;
        private long sequence;
        private int mismatches;
        private boolean synced;
        /** Whether a pull was sent or a piece came since the last digest. */
        private boolean advanced;

        Column(PeerLink link, ActorRef<Command> routes) {
            this.link = link;
            this.routes = routes;
        }
    }

    /** Sends all filters in pieces. */
    private final class Pieces {
        private final ActorRef<Command> to;
        private List<String> filters = new ArrayList<>();
        private int chars;
        private int part;

        Pieces(ActorRef<Command> to) {
            this.to = to;
        }

        void add(String filter) {
            filters.add(filter);
            chars += filter.length() + 4;
            if (chars > MOST_CHARS) {
                send(false);
            }
        }

        void send(boolean last) {
            node.send(to, new LinkMessage.RouteSnapshot(node.uid(), sequence, part++, last, filters));
            filters = new ArrayList<>();
            chars = 0;
        }
    }
}
