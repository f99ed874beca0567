package io.nightjar.actor;

import io.nightjar.store.TraceDefinitionsFile;
import io.nightjar.trace.TraceEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.dispatch.Dispatchers;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of all events of one node into the files of its traces: one bounded queue, drained in batches by a stream on
 * the dispatcher for blocking work. Offering never blocks: connections and sessions call it on their event loops. What
 * opens, closes and deletes files goes through the same queue, so it happens between the right events, and has slots
 * that events cannot take. While nothing happens it costs nothing: there is no timer.
 */
final class TraceWriter {
    private static final Logger LOG = LoggerFactory.getLogger(TraceWriter.class);

    private static final int BATCH = 512;
    private static final int RESERVED = 4096;
    /** Most bytes of events that wait: a packet is as large as the client likes in any of its parts. */
    private static final long MAX_BYTES = 32L * 1024 * 1024;

    private final int queueSize;
    private final TraceDefinitionsFile definitions;
    private final BoundedSourceQueue<Item> queue;
    private final CompletionStage<Done> finished;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();

    /** Open traces. Only the stream's map stage touches it. */
    private final Set<TraceTarget> open = new LinkedHashSet<>();

    TraceWriter(ActorSystem<?> system, TraceSettings settings) {
        this.queueSize = settings.queueSize();
        this.definitions = new TraceDefinitionsFile(settings.directory());
        Pair<BoundedSourceQueue<Item>, CompletionStage<Done>> running = Source.<Item>queue(queueSize + RESERVED)
                .batch(BATCH, TraceWriter::first, TraceWriter::more)
                .async()
                .via(writing())
                .toMat(Sink.ignore(), Keep.both())
                .run(system);
        this.queue = running.first();
        this.finished = running.second();
    }

    private Flow<List<Item>, Integer, ?> writing() {
        return Flow.<List<Item>>create()
                .map(this::write)
                .withAttributes(ActorAttributes.dispatcher(Dispatchers.DefaultBlockingDispatcherId())
                        .and(Attributes.inputBuffer(1, 1)));
    }

    private static List<Item> first(Item item) {
        List<Item> batch = new ArrayList<>();
        batch.add(item);
        return batch;
    }

    private static List<Item> more(List<Item> batch, Item item) {
        batch.add(item);
        return batch;
    }

    /** Any thread, never blocks: what does not fit is counted with each trace that wanted it. */
    void offer(TraceEvent event, List<TraceTarget> targets) {
        if (targets.isEmpty()) {
            return;
        }
        int bytes = EventWeight.of(event);
        boolean fits = waiting.incrementAndGet() <= queueSize;
        fits &= waitingBytes.addAndGet(bytes) <= MAX_BYTES;
        if (!fits || !queue.offer(new Event(event, targets, bytes)).isEnqueued()) {
            waiting.decrementAndGet();
            waitingBytes.addAndGet(-bytes);
            targets.forEach(target -> target.drop(1));
        }
    }

    void open(TraceTarget target) {
        target.setLive();
        task(() -> {
            open.add(target);
            target.open();
            target.flush();
        });
    }

    /** Tries again where the disk did not take what a trace had to write. */
    void retry(TraceTarget target) {
        task(target::retry);
    }

    /** Says something in the file of an open trace that is about the trace itself. */
    void tell(TraceTarget target, String msg, String field, Object value) {
        task(() -> {
            if (open.contains(target)) {
                target.tell(msg, field, value);
                target.flush();
            }
        });
    }

    void close(TraceTarget target, String why) {
        task(() -> {
            open.remove(target);
            target.close(why);
        });
    }

    void delete(TraceTarget target) {
        task(() -> {
            open.remove(target);
            target.delete();
        });
    }

    void save(String json) {
        task(() -> {
            try {
                definitions.write(json);
            } catch (IOException e) {
                LOG.error("event=trace_definitions_not_saved cause=\"{}\"", e.toString());
            }
        });
    }

    /**
     * Writes what waits and closes all files; traces that run go on when the node is back. Done when that is. Safe to
     * call twice: the broker stops it early, and the actor system on its own way out.
     */
    synchronized CompletionStage<Done> stop() {
        if (queue.isCompleted()) {
            return finished;
        }
        task(() -> {
            open.forEach(target -> target.close(null));
            open.clear();
        });
        queue.complete();
        return finished;
    }

    private void task(Runnable task) {
        if (!queue.offer(new Task(task)).isEnqueued() && !queue.isCompleted()) {
            LOG.error("event=trace_task_lost cause=\"the disk does not keep up\"");
        }
    }

    /** One batch: how many items. */
    private int write(List<Item> batch) {
        Set<TraceTarget> touched = new LinkedHashSet<>();
        for (Item item : batch) {
            try {
                if (item instanceof Event event) {
                    waiting.decrementAndGet();
                    waitingBytes.addAndGet(-event.bytes);
                    writeEvent(event, touched);
                } else if (item instanceof Task task) {
                    task.run.run();
                }
            } catch (RuntimeException bug) {
                LOG.error("event=trace_item_lost", bug);
            }
        }
        for (TraceTarget target : touched) {
            try {
                target.flush();
            } catch (RuntimeException bug) {
                LOG.error("event=trace_item_lost", bug);
            }
        }
        return batch.size();
    }

    private void writeEvent(Event event, Set<TraceTarget> touched) {
        for (TraceTarget target : event.targets) {
            if (open.contains(target)) {
                target.write(event.event);
                touched.add(target);
            }
        }
    }

    /** What waits. */
    private sealed interface Item {}

    private record Event(TraceEvent event, List<TraceTarget> targets, int bytes) implements Item {}

    private record Task(Runnable run) implements Item {}
}
