package io.nightjar.http;

import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.LikelyClients;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvents;
import io.nightjar.message.History;
import io.nightjar.testing.MemoryRecorder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The history of one node n1 in a list. Its cursor is a position in it. It records all it was asked. */
final class FakeHistory implements History {
    final MemoryRecorder recorder = new MemoryRecorder();
    final List<EventFilter> filters = new CopyOnWriteArrayList<>();
    final List<List<String>> nodes = new CopyOnWriteArrayList<>();
    /** Of how many clients the last end was asked. */
    final AtomicInteger lastEndsAsked = new AtomicInteger();

    volatile List<String> unreachable = List.of();

    /** What {@link #related} misses beyond {@link #unreachable}. */
    volatile List<String> unrelated = List.of();

    volatile RuntimeException failure;

    @Override
    public CompletionStage<Page> find(Query query) {
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        filters.add(query.filter());
        nodes.add(query.nodes());
        long before;
        try {
            before = query.cursor() == null ? Long.MAX_VALUE : Long.parseLong(query.cursor());
        } catch (NumberFormatException e) {
            throw new BadCursor();
        }
        RecordedEvents.Slice slice = recorder.find(query.filter(), before, query.limit());
        boolean more = slice.next() >= 0
                && !recorder.find(query.filter(), slice.next(), 1).events().isEmpty();
        return CompletableFuture.completedFuture(new Page(
                slice.events().stream().map(event -> new Found("n1", event)).toList(),
                more ? Long.toString(slice.next()) : null,
                recorder.oldestMillis(),
                unreachable));
    }

    @Override
    public CompletionStage<Ends> summarize(EventFilter filter, List<String> of) {
        filters.add(filter);
        nodes.add(of);
        EndSummary summary = new EndSummary();
        recorder.scan(filter, summary::add);
        return CompletableFuture.completedFuture(
                new Ends(EndSummary.of(List.of(summary.part())), recorder.oldestMillis(), unreachable));
    }

    @Override
    public CompletionStage<EndsByClient> lastEnds(Collection<String> clientIds) {
        lastEndsAsked.addAndGet(clientIds.size());
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        Map<String, LastEnd> ends = new HashMap<>();
        for (String clientId : clientIds) {
            RecordedEvent end = recorder.lastEnd(clientId);
            if (end != null) {
                ends.put(
                        clientId,
                        new LastEnd(end.atMillis(), end.text("reason"), end.text("detail"), end.text("side")));
            }
        }
        return CompletableFuture.completedFuture(new EndsByClient(ends, unreachable));
    }

    @Override
    public CompletionStage<Related> related(
            Collection<String> subjects, Collection<String> addresses, long fromMillis, long toMillis) {
        LikelyClients clients = new LikelyClients(subjects, addresses);
        List<Found> failures = new ArrayList<>();
        recorder.scan(EventFilter.ALL, event -> {
            clients.add(event);
            if (event.kind() == RecordedEvent.Kind.FAILED) {
                failures.add(new Found("n1", event));
            }
        });
        return CompletableFuture.completedFuture(
                new Related(failures, clients, EventJson.union(unreachable, unrelated)));
    }
}
