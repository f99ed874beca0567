package io.nightjar.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * How many long answers of one kind there may be at once. A slot is taken before the first question is asked, so that
 * calls that come together cannot all pass, and is free again when the answer fails, ends, or never begins. Thread-safe.
 */
final class Slots {
    /** How long an answer may take to begin: the caller may be gone, and then nobody ever reads it. */
    static final Duration BEGINS = Duration.ofSeconds(10);

    private final int most;
    private final AtomicInteger taken = new AtomicInteger();

    Slots(int most) {
        this.most = most;
    }

    private enum State {
        HELD,
        RUNNING,
        FREE
    }

    /** A slot, or null if all are taken. */
    @Nullable
    Slot take() {
        int before = taken.getAndUpdate(n -> n < most ? n + 1 : n);
        return before < most ? new Slot() : null;
    }

    /** How many are taken. */
    int taken() {
        return taken.get();
    }

    /** One answer's. */
    final class Slot {
        private final AtomicReference<State> state = new AtomicReference<>(State.HELD);

        private Slot() {}

        /** Gives it back; once more does nothing. */
        void free() {
            if (state.getAndSet(State.FREE) != State.FREE) {
                taken.decrementAndGet();
            }
        }

        /** The same bytes; with their end the slot is free, and also if nobody asks for the first in time. */
        Source<ByteString, NotUsed> holdFor(Source<ByteString, NotUsed> bytes, ActorSystem<?> system) {
            Cancellable late = system.scheduler().scheduleOnce(BEGINS, this::freeIfHeld, system.executionContext());
            return Source.lazySource(() -> {
                        late.cancel();
                        if (!state.compareAndSet(State.HELD, State.RUNNING)) {
                            throw new IllegalStateException("nobody asked for this answer in " + BEGINS);
                        }
                        return bytes.watchTermination((notUsed, done) -> {
                            done.whenComplete((ok, failure) -> free());
                            return notUsed;
                        });
                    })
                    .mapMaterializedValue(notUsed -> NotUsed.getInstance());
        }

        private void freeIfHeld() {
            if (state.compareAndSet(State.HELD, State.FREE)) {
                taken.decrementAndGet();
            }
        }
    }
}
