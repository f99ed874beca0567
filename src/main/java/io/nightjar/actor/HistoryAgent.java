package io.nightjar.actor;

import io.nightjar.actor.HistoryMessages.Answer;
import io.nightjar.actor.HistoryMessages.Busy;
import io.nightjar.actor.HistoryMessages.Failed;
import io.nightjar.actor.HistoryMessages.Question;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;

/**
 * Answers for the recorder of one node: one per node, found by the others through the receptionist. It reads on the
 * blocking dispatcher, {@link #AT_ONCE} questions at a time; {@link #MOST_WAITING} more may wait, and beyond it says that
 * it is busy. A question that needs no reading, such as one for another node, never waits.
 */
final class HistoryAgent extends AbstractBehavior<HistoryMessages> {
    static final ServiceKey<HistoryMessages> KEY = ServiceKey.create(HistoryMessages.class, "nightjar-history");

    /** Questions that are answered at a time: each may keep a processor busy for a second. */
    static final int AT_ONCE = 2;

    /** Questions that wait for their turn. */
    static final int MOST_WAITING = 64;

    private final RecorderReader reader;
    private final String node;
    private final Duration patience;
    private final Executor blocking;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int running;

    private record Waiting(Question question, long deadlineNanos) {}

    /** One question is answered, or could not be. */
    private record Done(Question question, @Nullable Answer answer, @Nullable Throwable fault)
            implements HistoryMessages.HistoryEvent {}

    private HistoryAgent(ActorContext<HistoryMessages> context, String node, RecorderReader reader, Duration patience) {
        super(context);
        this.node = node;
        this.reader = reader;
        this.patience = patience;
        this.blocking = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
    }

    /** @param patience how long those who ask wait */
    static Behavior<HistoryMessages> create(String node, RecorderReader reader, Duration patience) {
        return Behaviors.setup(context -> {
            context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
            return new HistoryAgent(context, node, reader, patience);
        });
    }

    @Override
    public Receive<HistoryMessages> createReceive() {
        return newReceiveBuilder()
                .onMessage(Question.class, this::onQuestion)
                .onMessage(Done.class, this::onDone)
                .build();
    }

    private Behavior<HistoryMessages> onQuestion(Question question) {
        Answer known = reader.withoutReading(question);
        if (known != null) {
            question.replyTo().tell(known);
            return this;
        }
        if (waiting.size() == MOST_WAITING) {
            question.replyTo().tell(new Busy(node));
            return this;
        }
        waiting.add(new Waiting(question, System.nanoTime() + patience.toNanos()));
        startNext();
        return this;
    }

    private Behavior<HistoryMessages> onDone(Done done) {
        running--;
        if (done.answer() != null) {
            done.question().replyTo().tell(done.answer());
        } else if (!(done.fault() instanceof RecorderReader.GivenUp)) {
            getContext().getLog().error("event=recorder_read_failed node=\"{}\"", node, done.fault());
            done.question().replyTo().tell(new Failed(node));
        }
        startNext();
        return this;
    }

    private void startNext() {
        while (running < AT_ONCE && !waiting.isEmpty()) {
            Waiting next = waiting.remove();
            running++;
            getContext()
                    .pipeToSelf(
                            CompletableFuture.supplyAsync(
                                    () -> reader.answer(
                                            next.question, () -> System.nanoTime() - next.deadlineNanos > 0),
                                    blocking),
                            (answer, fault) -> new Done(next.question, answer, cause(fault)));
        }
    }

    private static @Nullable Throwable cause(@Nullable Throwable fault) {
        return fault != null && fault.getCause() != null ? fault.getCause() : fault;
    }
}
