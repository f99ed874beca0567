package io.nightjar.actor;

import io.nightjar.actor.HistoryMessages.Answer;
import io.nightjar.actor.HistoryMessages.Busy;
import io.nightjar.actor.HistoryMessages.EndsSummarized;
import io.nightjar.actor.HistoryMessages.Failed;
import io.nightjar.actor.HistoryMessages.Filter;
import io.nightjar.actor.HistoryMessages.FindLastEnds;
import io.nightjar.actor.HistoryMessages.FindRelated;
import io.nightjar.actor.HistoryMessages.Last;
import io.nightjar.actor.HistoryMessages.LastEndsFound;
import io.nightjar.actor.HistoryMessages.Question;
import io.nightjar.actor.HistoryMessages.RelatedFound;
import io.nightjar.actor.HistoryMessages.SummarizeEnds;
import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.LikelyClients;
import io.nightjar.diagnosis.RecordedEvents;
import io.nightjar.message.History;
import io.nightjar.message.Traces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;

/**
 * What the recorders of the whole cluster know: asks the {@link HistoryAgent} of every node and puts the answers together.
 * Events travel in pieces of at most 100 and some 256 KB; of a summary each node sends what it counted, not what it read.
 */
public final class HistoryService implements History {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** ClientIDs in one question. */
    private static final int PIECE = 100;

    private final NodeAgents<HistoryMessages> agents;

    private HistoryService(NodeAgents<HistoryMessages> agents) {
        this.agents = agents;
    }

    /** Starts this node's agent and follows those of the others. */
    public static HistoryService start(ActorSystem<?> system, String node, RecordedEvents events) {
        return start(system, node, events, PATIENCE);
    }

    /** @param patience how long to wait for a node */
    static HistoryService start(ActorSystem<?> system, String node, RecordedEvents events, Duration patience) {
        RecorderReader reader = new RecorderReader(node, events);
        ActorRef<HistoryMessages> own =
                system.systemActorOf(HistoryAgent.create(node, reader, patience), "nightjar-history", Props.empty());
        return new HistoryService(
                NodeAgents.follow(system, HistoryAgent.KEY, own, "nightjar-history-agents", patience));
    }

    @Override
    public CompletionStage<Page> find(Query query) {
        return new HistoryWalk(agents, query).page();
    }

    @Override
    public CompletionStage<Ends> summarize(EventFilter filter, List<String> nodes) {
        Filter wanted = Filter.of(filter);
        return ask(replyTo -> new SummarizeEnds(wanted, nodes, replyTo), EndsSummarized.class)
                .thenApply(answers -> {
                    List<EndSummary.Part> parts = new ArrayList<>();
                    answers.forEach(answer -> {
                        if (answer.part() != null) {
                            parts.add(answer.part());
                        }
                    });
                    return new Ends(
                            EndSummary.of(parts),
                            oldest(answers.stream().mapToLong(EndsSummarized::oldestMillis)),
                            unreachable(answers, nodes));
                });
    }

    private static long oldest(LongStream times) {
        return times.filter(millis -> millis >= 0).min().orElse(-1);
    }

    @Override
    public CompletionStage<EndsByClient> lastEnds(Collection<String> clientIds) {
        long deadline = System.nanoTime() + 2 * agents.patience().toNanos();
        return lastEnds(List.copyOf(clientIds), agents.known(), List.of(), deadline, new HashMap<>());
    }

    /**
     * One piece after the other: a page of 10,000 clients must not keep everybody else waiting. Who did not answer once is
     * not asked again, and after twice the patience for one answer there are no more questions.
     *
     * @param answered nodes that answered so far
     */
    private CompletionStage<EndsByClient> lastEnds(
            List<String> ids,
            Collection<ActorRef<HistoryMessages>> asked,
            List<String> answered,
            long deadlineNanos,
            Map<String, LastEnd> sofar) {
        Duration left = Duration.ofNanos(deadlineNanos - System.nanoTime());
        if (ids.isEmpty()) {
            return CompletableFuture.completedFuture(new EndsByClient(sofar, agents.unreachable(answered)));
        } else if (asked.isEmpty() || left.isNegative()) {
            return CompletableFuture.completedFuture(new EndsByClient(sofar, agents.nodes()));
        }
        int piece = Math.min(ids.size(), PIECE);
        List<String> some = List.copyOf(ids.subList(0, piece));
        Duration atMost = left.compareTo(agents.patience()) < 0 ? left : agents.patience();
        return agents.<Answer>askAll(asked, replyTo -> new FindLastEnds(some, replyTo), atMost)
                .thenCompose(answers -> {
                    List<ActorRef<HistoryMessages>> next = new ArrayList<>();
                    List<String> names = new ArrayList<>();
                    answers.forEach((agent, answer) -> {
                        if (answer instanceof LastEndsFound found) {
                            found.ends().forEach(end -> later(sofar, end));
                            next.add(agent);
                            names.add(found.node());
                        }
                    });
                    return lastEnds(ids.subList(piece, ids.size()), next, names, deadlineNanos, sofar);
                });
    }

    private static void later(Map<String, LastEnd> ends, Last end) {
        LastEnd other = ends.get(end.clientId());
        if (other == null || other.atMillis() < end.atMillis()) {
            ends.put(end.clientId(), new LastEnd(end.atMillis(), end.reason(), end.detail(), end.side()));
        }
    }

    @Override
    public CompletionStage<Related> related(
            Collection<String> subjects, Collection<String> addresses, long fromMillis, long toMillis) {
        List<String> certificates =
                subjects.stream().limit(LikelyClients.MOST_KEYS).toList();
        List<String> hosts = addresses.stream().limit(LikelyClients.MOST_KEYS).toList();
        if (certificates.isEmpty() && hosts.isEmpty()) {
            return CompletableFuture.completedFuture(
                    new Related(List.of(), new LikelyClients(List.of(), List.of()), List.of()));
        }
        return agents.<Answer>askAll(replyTo -> new FindRelated(certificates, hosts, fromMillis, toMillis, replyTo))
                .thenApply(answers -> answers.stream()
                        .filter(RelatedFound.class::isInstance)
                        .map(RelatedFound.class::cast)
                        .toList())
                .thenApply(answers -> {
                    LikelyClients clients = new LikelyClients(List.of(), List.of());
                    List<Found> failures = new ArrayList<>();
                    for (RelatedFound answer : answers) {
                        clients.add(answer.clients());
                        answer.failures().forEach(failed -> failures.add(new Found(answer.node(), failed)));
                    }
                    failures.sort(Comparator.comparingLong(
                                    (Found found) -> found.event().atMillis())
                            .reversed());
                    return new Related(
                            List.copyOf(failures.subList(0, Math.min(failures.size(), RecorderReader.MOST_FAILURES))),
                            clients,
                            unreachable(answers, List.of()));
                });
    }

    /** Asks every node; those that do not answer in time, or whose recorder cannot be read, are left out. */
    private <T extends Answer> CompletionStage<List<T>> ask(
            Function<ActorRef<Answer>, Question> question, Class<T> expected) {
        return agents.<Answer>askAll(question::apply).thenApply(answers -> {
            List<T> all = new ArrayList<>();
            for (Answer answer : answers) {
                if (answer instanceof Busy busy) {
                    throw busy(busy.node());
                } else if (!(answer instanceof Failed)) {
                    all.add(expected.cast(answer));
                }
            }
            return all;
        });
    }

    private List<String> unreachable(List<? extends Answer> answers, List<String> asked) {
        return agents.unreachable(answers.stream().map(Answer::node).toList()).stream()
                .filter(node -> asked.isEmpty() || asked.contains(node))
                .toList();
    }

    static Traces.Refused busy(String node) {
        return new Traces.Refused(
                "SERVICE_UNAVAILABLE",
                "node " + node + " has as many questions to its recorder as it can answer: ask again in a second");
    }
}
