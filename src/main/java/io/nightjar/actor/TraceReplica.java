package io.nightjar.actor;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.ddata.Key;
import org.apache.pekko.cluster.ddata.LWWMap;
import org.apache.pekko.cluster.ddata.LWWMapKey;
import org.apache.pekko.cluster.ddata.SelfUniqueAddress;
import org.apache.pekko.cluster.ddata.typed.javadsl.DistributedData;
import org.apache.pekko.cluster.ddata.typed.javadsl.Replicator;
import org.apache.pekko.cluster.ddata.typed.javadsl.Replicator.SubscribeResponse;
import org.apache.pekko.cluster.ddata.typed.javadsl.Replicator.UpdateResponse;
import org.apache.pekko.cluster.ddata.typed.javadsl.ReplicatorMessageAdapter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/**
 * The traces of all nodes in one replicated map from name to entry, as JSON. Few and small, which is what Distributed
 * Data is for; {@link TraceEntry} bounds both. The version inside an entry is its timestamp there too: a node that comes back with an old copy cannot
 * undo what the others did meanwhile, whenever it writes.
 */
final class TraceReplica extends AbstractBehavior<TraceReplica.Command> {
    private static final Logger LOG = LoggerFactory.getLogger(TraceReplica.class);

    private static final Key<LWWMap<String, String>> KEY = LWWMapKey.create("traces");
    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(3);

    private final Consumer<List<TraceEntry>> changes;
    private final ReplicatorMessageAdapter<Command, LWWMap<String, String>> replicator;
    private final SelfUniqueAddress self;

    /** What this actor understands. */
    sealed interface Command {}

    /**
     * Tells all nodes.
     *
     * @param replyTo gets the outcome when they know, or after 3 s when some could not be reached; or null
     */
    record Publish(TraceEntry entry, @Nullable ActorRef<TraceCommand.Outcome> replyTo, TraceCommand.Outcome outcome)
            implements Command {}

    /** Removes a deletion that nobody needs to be told any more. */
    record Forget(String name) implements Command {}

    private record Published(
            UpdateResponse<LWWMap<String, String>> response,
            @Nullable ActorRef<TraceCommand.Outcome> replyTo,
            TraceCommand.Outcome outcome)
            implements Command {}

    private record Changed(SubscribeResponse<LWWMap<String, String>> response) implements Command {}

    private TraceReplica(
            ActorContext<Command> context,
            Consumer<List<TraceEntry>> changes,
            ReplicatorMessageAdapter<Command, LWWMap<String, String>> replicator) {
        super(context);
        this.changes = changes;
        this.replicator = replicator;
        this.self = DistributedData.get(context.getSystem()).selfUniqueAddress();
        replicator.subscribe(KEY, Changed::new);
    }

    /** @param changes is given all entries when some changed, on this actor's thread */
    static Behavior<Command> create(Consumer<List<TraceEntry>> changes) {
        return Behaviors.setup(context -> DistributedData.<Command, LWWMap<String, String>>withReplicatorMessageAdapter(
                replicator -> new TraceReplica(context, changes, replicator)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Publish.class, this::onPublish)
                .onMessage(Forget.class, this::onForget)
                .onMessage(Published.class, this::onPublished)
                .onMessage(Changed.class, this::onChanged)
                .build();
    }

    private Behavior<Command> onPublish(Publish publish) {
        replicator.askUpdate(
                replyTo -> new Replicator.Update<>(
                        KEY,
                        LWWMap.create(),
                        new Replicator.WriteAll(WRITE_TIMEOUT),
                        replyTo,
                        map -> put(map, publish.entry)),
                response -> new Published(response, publish.replyTo, publish.outcome));
        return this;
    }

    private LWWMap<String, String> put(LWWMap<String, String> map, TraceEntry entry) {
        Option<String> known = map.get(entry.name());
        if (known.isDefined()) {
            TraceEntry other = parse(known.get());
            if (other != null && other.updatedAtMillis() >= entry.updatedAtMillis()) {
                return map;
            }
        }
        return map.put(self, entry.name(), entry.json(), (current, value) -> entry.updatedAtMillis());
    }

    private Behavior<Command> onForget(Forget forget) {
        replicator.askUpdate(
                replyTo -> new Replicator.Update<>(
                        KEY, LWWMap.create(), Replicator.writeLocal(), replyTo, map -> map.remove(self, forget.name)),
                response -> new Published(response, null, TraceCommand.Outcome.done(null)));
        return this;
    }

    private Behavior<Command> onPublished(Published published) {
        if (!(published.response instanceof Replicator.UpdateSuccess)) {
            LOG.warn(
                    "event=trace_not_everywhere_yet cause={}",
                    published.response.getClass().getSimpleName());
        }
        if (published.replyTo != null) {
            published.replyTo.tell(published.outcome);
        }
        return this;
    }

    private Behavior<Command> onChanged(Changed changed) {
        if (changed.response instanceof Replicator.Changed<LWWMap<String, String>> now) {
            List<TraceEntry> entries = new ArrayList<>();
            for (String json : now.get(KEY).getEntries().values()) {
                TraceEntry entry = parse(json);
                if (entry != null) {
                    entries.add(entry);
                }
            }
            changes.accept(entries);
        }
        return this;
    }

    /** The entry, or null if a newer Nightjar wrote what this one cannot read. */
    private static @Nullable TraceEntry parse(String json) {
        try {
            return TraceEntry.parse(json);
        } catch (JsonProcessingException e) {
            LOG.warn("event=trace_entry_not_understood cause=\"{}\"", e.getOriginalMessage());
            return null;
        }
    }
}
