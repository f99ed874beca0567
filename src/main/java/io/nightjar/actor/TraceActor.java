package io.nightjar.actor;

import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;
import io.nightjar.trace.TraceRules.Status;
import io.nightjar.trace.Tracer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The traces of one node: it knows them all, starts and stops them at their time, and says to the {@link Tracer} what
 * is wanted. Events do not pass through it, and it never touches a file; both are {@link TraceWriter}'s. One
 * for each node; changes made here are told to the others by {@link TraceReplica}, theirs come back from it.
 */
final class TraceActor extends AbstractBehavior<TraceCommand> {
    private static final Logger LOG = LoggerFactory.getLogger(TraceActor.class);

    static final ServiceKey<TraceCommand> KEY = ServiceKey.create(TraceCommand.class, "nightjar-traces");

    /** The clock may be set meanwhile, and schedulers have a longest delay. */
    private static final long LONGEST_DELAY_MILLIS = 3_600_000;

    /** While a trace runs or waits: how soon a clock that was set or a disk that has room again is seen. */
    private static final long WATCH_MILLIS = 5_000;

    /** What the clock may be off against time that passed before it counts as set. */
    private static final long JUMP_MILLIS = 1_000;

    private final Node node;
    private final TimerScheduler<TraceCommand> timers;
    private final ActorRef<TraceReplica.Command> replica;
    private final TraceReads reads = new TraceReads();

    /** All, deleted ones included. */
    private final Map<String, TraceEntry> entries = new LinkedHashMap<>();
    /** Those that are not deleted. */
    private final Map<String, TraceTarget> targets = new LinkedHashMap<>();

    private final Set<TraceTarget> running = new HashSet<>();

    /** Clock against steady time, to see when it is set. */
    private long clockOffset;

    /**
     * What the actor works with.
     *
     * @param limits in force; this actor sets it
     * @param steadyMillis time that only passes, whatever the clock is set to
     * @param peers told whenever the trace actors of the cluster change
     */
    record Node(
            String name,
            TraceSettings settings,
            TraceLimitsNow limits,
            Tracer tracer,
            TraceWriter writer,
            Counters counters,
            Clock clock,
            LongSupplier steadyMillis,
            Consumer<List<ActorRef<TraceCommand>>> peers) {}

    private TraceActor(
            ActorContext<TraceCommand> context,
            TimerScheduler<TraceCommand> timers,
            Node node,
            List<TraceEntry> saved,
            Function<Consumer<List<TraceEntry>>, Behavior<TraceReplica.Command>> replica) {
        super(context);
        this.node = node;
        this.timers = timers;
        ActorRef<TraceCommand> self = context.getSelf();
        Behavior<TraceReplica.Command> carrier =
                replica.apply(changed -> self.tell(new TraceCommand.Replicated(changed)));
        this.replica = context.spawn(Behaviors.supervise(carrier).onFailure(SupervisorStrategy.restart()), "replica");
        context.getSystem().receptionist().tell(Receptionist.register(KEY, self));
        context.getSystem()
                .receptionist()
                .tell(Receptionist.subscribe(
                        KEY,
                        context.messageAdapter(
                                Receptionist.Listing.class,
                                listing ->
                                        new TraceCommand.PeersChanged(List.copyOf(listing.getServiceInstances(KEY))))));
        this.clockOffset = node.clock.millis() - node.steadyMillis.getAsLong();
        saved.forEach(this::apply);
        entries.values().forEach(this::publish);
        evaluate();
    }

    /**
     * @param saved what this node knew before it was started again
     * @param replica makes the actor that tells other nodes and hands on what they changed
     */
    static Behavior<TraceCommand> create(
            Node node,
            List<TraceEntry> saved,
            Function<Consumer<List<TraceEntry>>, Behavior<TraceReplica.Command>> replica) {
        return Behaviors.<TraceCommand>supervise(Behaviors.setup(context ->
                        Behaviors.withTimers(timers -> new TraceActor(context, timers, node, saved, replica))))
                .onFailure(SupervisorStrategy.resume());
    }

    @Override
    public Receive<TraceCommand> createReceive() {
        return newReceiveBuilder()
                .onMessage(TraceCommand.Create.class, this::onCreate)
                .onMessage(TraceCommand.Stop.class, this::onStop)
                .onMessage(TraceCommand.Delete.class, this::onDelete)
                .onMessage(TraceCommand.Clear.class, this::onClear)
                .onMessage(TraceCommand.SetLimits.class, this::onSetLimits)
                .onMessage(TraceCommand.GetEntries.class, this::onGetEntries)
                .onMessage(TraceCommand.Replicated.class, this::onReplicated)
                .onMessage(TraceCommand.Evaluate.class, evaluate -> evaluate())
                .onMessage(TraceCommand.PeersChanged.class, this::onPeersChanged)
                .onMessage(TraceCommand.GetFigures.class, this::onGetFigures)
                .onMessage(TraceCommand.GetDetail.class, this::onGetDetail)
                .onMessage(TraceCommand.GetPiece.class, this::onGetPiece)
                .onSignal(PostStop.class, stopped -> {
                    reads.stop();
                    return this;
                })
                .build();
    }

    private Behavior<TraceCommand> onCreate(TraceCommand.Create create) {
        long now = node.clock.millis();
        TraceDefinition definition = TraceRules.startingAt(create.definition(), now);
        TraceCommand.Outcome refusal = refusal(definition, now);
        if (refusal != null) {
            create.replyTo().tell(refusal);
            return this;
        }
        TraceEntry before = entries.get(definition.name());
        change(TraceEntry.create(definition, before == null ? 0 : before.updatedAtMillis(), now), create.replyTo());
        return this;
    }

    private TraceCommand.@Nullable Outcome refusal(TraceDefinition definition, long now) {
        String problem = TraceRules.problem(definition);
        if (problem != null) {
            return TraceCommand.Outcome.refused("BAD_REQUEST", problem);
        }
        if (targets.containsKey(definition.name())) {
            return TraceCommand.Outcome.refused(
                    "ALREADY_EXISTS", "a trace named " + definition.name() + " exists; delete it or take another name");
        }
        for (TraceTarget target : targets.values()) {
            if (TraceRules.duplicates(target.entry().definition(), definition)) {
                return TraceCommand.Outcome.refused(
                        "DUPLICATE_CONDITION",
                        "trace " + target.entry().name() + " already traces this " + definition.type()
                                + " at that time");
            }
        }
        if (targets.size() >= node.limits.get().maxTraces()) {
            return TraceCommand.Outcome.refused(
                    "EXCEED_LIMIT",
                    "there are " + targets.size()
                            + " traces, the most allowed (max_traces of /tracing, at most nightjar.trace.max-traces);"
                            + " delete one");
        }
        int bytes = new TraceEntry("00000000", definition, now, false).size();
        for (TraceTarget target : targets.values()) {
            bytes += target.entry().size();
        }
        if (bytes > TraceEntry.MAX_BYTES) {
            return TraceCommand.Outcome.refused(
                    "EXCEED_LIMIT",
                    "the definitions of all traces would take " + bytes + " bytes, and may take " + TraceEntry.MAX_BYTES
                            + "; delete one, or trace by a shorter value");
        }
        return null;
    }

    /** The configuration bounds what can be set while running: the disk was planned by it. */
    private Behavior<TraceCommand> onSetLimits(TraceCommand.SetLimits set) {
        Traces.Limits wanted = set.limits();
        if (wanted.maxTraces() < 1 || wanted.maxTraces() > node.settings.maxTraces()) {
            set.replyTo()
                    .tell(TraceCommand.Outcome.refused(
                            "BAD_REQUEST",
                            "max_traces must be 1 to " + node.settings.maxTraces()
                                    + ", which is nightjar.trace.max-traces of this node"));
        } else if (wanted.maxFileSize() < TraceSettings.LEAST_FILE_SIZE
                || wanted.maxFileSize() > node.settings.maxFileSize()) {
            set.replyTo()
                    .tell(TraceCommand.Outcome.refused(
                            "BAD_REQUEST",
                            "max_file_size must be " + TraceSettings.LEAST_FILE_SIZE + " to "
                                    + node.settings.maxFileSize()
                                    + " bytes, which is nightjar.trace.max-file-size of this node"));
        } else {
            TraceEntry before = entries.get(TraceLimitsEntry.NAME);
            long version = before == null ? 0 : before.updatedAtMillis();
            change(TraceLimitsEntry.of(wanted, version, node.clock.millis()), set.replyTo());
        }
        return this;
    }

    private Behavior<TraceCommand> onStop(TraceCommand.Stop stop) {
        TraceTarget target = targets.get(stop.name());
        if (target == null) {
            stop.replyTo().tell(unknown(stop.name()));
        } else if (target.entry().definition().stopped()) {
            stop.replyTo().tell(TraceCommand.Outcome.done(target.entry()));
        } else {
            change(target.entry().stopped(node.clock.millis()), stop.replyTo());
        }
        return this;
    }

    private Behavior<TraceCommand> onDelete(TraceCommand.Delete delete) {
        TraceTarget target = targets.get(delete.name());
        if (target == null) {
            delete.replyTo().tell(unknown(delete.name()));
        } else {
            change(target.entry().delete(node.clock.millis()), delete.replyTo());
        }
        return this;
    }

    private Behavior<TraceCommand> onClear(TraceCommand.Clear clear) {
        List<TraceTarget> all = List.copyOf(targets.values());
        if (all.isEmpty()) {
            clear.replyTo().tell(TraceCommand.Outcome.done(null));
        }
        for (int i = 0; i < all.size(); i++) {
            TraceEntry deleted = all.get(i).entry().delete(node.clock.millis());
            boolean last = i == all.size() - 1;
            apply(deleted);
            replica.tell(
                    new TraceReplica.Publish(deleted, last ? clear.replyTo() : null, TraceCommand.Outcome.done(null)));
        }
        changed();
        return this;
    }

    private static TraceCommand.Outcome unknown(String name) {
        return TraceCommand.Outcome.refused("NOT_FOUND", "there is no trace named " + name);
    }

    private Behavior<TraceCommand> onGetEntries(TraceCommand.GetEntries get) {
        get.replyTo()
                .tell(new TraceCommand.Entries(
                        targets.values().stream().map(TraceTarget::entry).toList()));
        return this;
    }

    /** Takes what is not older than what we know; on a tie all nodes take what the map settled on. */
    private Behavior<TraceCommand> onReplicated(TraceCommand.Replicated replicated) {
        boolean any = false;
        for (TraceEntry theirs : replicated.entries()) {
            TraceEntry ours = entries.get(theirs.name());
            boolean news = ours == null ? !theirs.isForgotten(node.clock.millis()) : !ours.equals(theirs);
            if (news && (ours == null || theirs.updatedAtMillis() >= ours.updatedAtMillis())) {
                apply(theirs);
                any = true;
            }
        }
        if (any) {
            changed();
        }
        return this;
    }

    private Behavior<TraceCommand> onPeersChanged(TraceCommand.PeersChanged changed) {
        node.peers.accept(changed.peers());
        return this;
    }

    private Behavior<TraceCommand> onGetFigures(TraceCommand.GetFigures get) {
        Collection<TraceTarget> all = List.copyOf(targets.values());
        reads.answer(
                get.replyTo()::tell,
                () -> TraceAnswers.figures(node.name, all),
                () -> TraceAnswers.busyFigures(node.name, all));
        return this;
    }

    private Behavior<TraceCommand> onGetDetail(TraceCommand.GetDetail get) {
        TraceTarget target = targets.get(get.name());
        reads.answer(
                get.replyTo()::tell,
                () -> TraceAnswers.detail(node.name, target),
                () -> TraceCommand.Detail.busy(node.name));
        return this;
    }

    private Behavior<TraceCommand> onGetPiece(TraceCommand.GetPiece get) {
        TraceTarget target = targets.get(get.name());
        long now = node.clock.millis();
        reads.answer(
                get.replyTo()::tell,
                () -> TraceAnswers.piece(target, get, now),
                () -> TraceCommand.Piece.refused("SERVICE_UNAVAILABLE", TraceReads.BUSY));
        return this;
    }

    private void change(TraceEntry entry, ActorRef<TraceCommand.Outcome> replyTo) {
        apply(entry);
        changed();
        replica.tell(new TraceReplica.Publish(entry, replyTo, TraceCommand.Outcome.done(entry)));
    }

    private void publish(TraceEntry entry) {
        replica.tell(new TraceReplica.Publish(entry, null, TraceCommand.Outcome.done(entry)));
    }

    /** Puts an entry in place of what was known under its name. The files follow in {@link #evaluate}. */
    private void apply(TraceEntry entry) {
        entries.put(entry.name(), entry);
        if (TraceLimitsEntry.is(entry)) {
            applyLimits(TraceLimitsEntry.read(entry));
            return;
        }
        TraceTarget before = targets.get(entry.name());
        if (before != null && before.entry().id().equals(entry.id()) && !entry.deleted()) {
            before.update(entry);
            return;
        }
        if (before != null) {
            targets.remove(entry.name());
            boolean ran = running.remove(before);
            if (ran) {
                select();
            }
            node.writer.delete(before);
        }
        if (!entry.deleted()) {
            targets.put(entry.name(), newTarget(entry));
        }
    }

    private TraceTarget newTarget(TraceEntry entry) {
        long maxFileSize = node.limits.get().maxFileSize();
        return new TraceTarget(entry, node.settings, maxFileSize, node.name, node.counters, node.clock);
    }

    private void applyLimits(Traces.@Nullable Limits wanted) {
        if (wanted != null) {
            Traces.Limits limits = new Traces.Limits(
                    Math.min(wanted.maxTraces(), node.settings.maxTraces()),
                    Math.min(wanted.maxFileSize(), node.settings.maxFileSize()));
            node.limits.set(limits);
            targets.values().forEach(target -> target.maxFileSize(limits.maxFileSize()));
        }
    }

    private void changed() {
        node.writer.save(TraceEntry.jsonOf(entries.values()));
        evaluate();
    }

    /** Starts what is due, ends what is over, and sets the timer for the next of either. */
    private Behavior<TraceCommand> evaluate() {
        long now = node.clock.millis();
        tellJump(now);
        List<TraceTarget> ended = new ArrayList<>();
        boolean started = false;
        long next = now + LONGEST_DELAY_MILLIS;
        for (TraceTarget target : targets.values()) {
            TraceDefinition definition = target.entry().definition();
            Status byTime = TraceRules.status(definition, now);
            // one that began goes on although the clock was set back before its start
            Status status = byTime == Status.WAITING && running.contains(target) ? Status.RUNNING : byTime;
            if (target.isFailed() && running.contains(target)) {
                node.writer.retry(target);
            }
            if (status == Status.RUNNING && running.add(target)) {
                node.writer.open(target);
                started = true;
            } else if (status != Status.RUNNING && running.remove(target)) {
                ended.add(target);
            }
            if (status != Status.STOPPED) {
                long change = status == Status.WAITING ? definition.startAtMillis() : definition.endAtMillis();
                next = Math.min(next, Math.min(change, now + WATCH_MILLIS));
            }
        }
        if (started || !ended.isEmpty()) {
            select();
        }
        for (TraceTarget target : ended) {
            node.writer.close(target, target.entry().definition().stopped() ? "operator" : "end_at");
        }
        forgetOldDeletions(now);
        timers.startSingleTimer(new TraceCommand.Evaluate(), Duration.ofMillis(Math.max(1, next - now)));
        return this;
    }

    /** A clock that was set is told in every trace that runs: times before and after it do not compare. */
    private void tellJump(long now) {
        long offset = now - node.steadyMillis.getAsLong();
        long jump = offset - clockOffset;
        clockOffset = offset;
        if (Math.abs(jump) >= JUMP_MILLIS) {
            running.forEach(target -> node.writer.tell(target, "clock_jumped", "by_ms", jump));
            LOG.warn("event=clock_jumped by_ms={}", jump);
        }
    }

    /** Says to the data path what is wanted from now on. */
    private void select() {
        TraceSelection selection = new TraceSelection(running, node.writer::offer);
        if (selection.isEmpty()) {
            node.tracer.stop();
        } else {
            node.tracer.start(selection);
        }
    }

    private void forgetOldDeletions(long now) {
        List<TraceEntry> old = TraceEntry.forgotten(entries.values(), now);
        for (TraceEntry entry : old) {
            entries.remove(entry.name());
            replica.tell(new TraceReplica.Forget(entry.name()));
        }
        if (!old.isEmpty()) {
            node.writer.save(TraceEntry.jsonOf(entries.values()));
        }
    }
}
