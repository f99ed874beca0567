package io.nightjar.actor;

import io.nightjar.actor.HistoryMessages.Answer;
import io.nightjar.actor.HistoryMessages.Busy;
import io.nightjar.actor.HistoryMessages.EventsFound;
import io.nightjar.actor.HistoryMessages.Filter;
import io.nightjar.actor.HistoryMessages.FindEvents;
import io.nightjar.actor.HistoryMessages.Position;
import io.nightjar.diagnosis.EndFields;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.message.History;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Makes one page out of the events of all nodes: takes a piece of each, tells the newest of their heads, and asks for the
 * next piece of whoever has none left. Its steps follow each other and never overlap, whatever thread they run on.
 */
final class HistoryWalk {
    /** Events in one answer of a node: some 120 KB, well below a frame of Artery. */
    private static final int PIECE = 100;

    /** Two connections of one client and port do not begin closer together; the clocks of two nodes may differ by it. */
    private static final long SAME_CONNECTION_MILLIS = 5_000;

    private final NodeAgents<HistoryMessages> agents;
    private final History.Query query;
    private final Filter filter;
    private final Map<String, Position> from;
    private final List<Source> sources = new ArrayList<>();
    private final List<History.Found> told = new ArrayList<>();

    HistoryWalk(NodeAgents<HistoryMessages> agents, History.Query query) {
        this.agents = agents;
        this.query = query;
        this.filter = Filter.of(query.filter());
        this.from = query.cursor() == null ? Map.of() : HistoryCursor.parse(query.cursor());
        agents.known().forEach(agent -> sources.add(new Source(agent)));
    }

    /** The events of one node. */
    private static final class Source {
        final ActorRef<HistoryMessages> agent;

        @Nullable
        EventsFound piece;

        int taken;
        boolean silent;

        Source(ActorRef<HistoryMessages> agent) {
            this.agent = agent;
        }

        boolean hasMore() {
            return piece != null && taken < piece.events().size();
        }

        boolean isHungry() {
            return !silent && !hasMore() && (piece == null || !piece.next().equals(Position.END));
        }

        RecordedEvent head() {
            return Objects.requireNonNull(piece).events().get(taken);
        }

        /** Where the next event is. */
        Position position(EventsFound of) {
            if (taken == of.events().size()) {
                return of.next();
            } else if (taken == 0) {
                return of.start().equals(Position.NEWEST) ? Position.newestAt(head().atMillis()) : of.start();
            }
            return new Position(of.second().before(), taken - 1, Long.MAX_VALUE);
        }
    }

    CompletionStage<History.Page> page() {
        List<CompletableFuture<Boolean>> asked = sources.stream()
                .filter(Source::isHungry)
                .map(source -> ask(source).toCompletableFuture())
                .toList();
        return NodeAgents.all(asked).thenCompose(answered -> {
            tell();
            boolean full = told.size() == query.limit();
            boolean known = sources.stream().anyMatch(Source::hasMore);
            boolean hungry = sources.stream().anyMatch(Source::isHungry);
            return hungry && !(full && known) ? page() : CompletableFuture.completedFuture(result());
        });
    }

    private CompletionStage<Boolean> ask(Source source) {
        EventsFound last = source.piece;
        Map<String, Position> positions = last == null ? from : Map.of(last.node(), last.next());
        return agents.<Answer>ask(
                        source.agent, replyTo -> new FindEvents(filter, positions, query.nodes(), PIECE, replyTo))
                .handle((answer, fault) -> {
                    if (answer instanceof EventsFound found) {
                        source.piece = found;
                        source.taken = 0;
                    } else if (answer instanceof Busy busy) {
                        throw HistoryService.busy(busy.node());
                    } else {
                        source.silent = true;
                    }
                    return true;
                });
    }

    /** Tells the newest as long as every node that may have a newer one shows its head. */
    private void tell() {
        while (told.size() < query.limit() && sources.stream().noneMatch(Source::isHungry)) {
            Source newest = null;
            for (Source source : sources) {
                if (source.hasMore()
                        && (newest == null
                                || source.head().atMillis() > newest.head().atMillis())) {
                    newest = source;
                }
            }
            if (newest == null) {
                return;
            }
            String node = Objects.requireNonNull(newest.piece).node();
            told.add(new History.Found(node, newest.head()));
            newest.taken++;
        }
    }

    private History.Page result() {
        Map<String, Position> positions = new LinkedHashMap<>(from);
        List<String> answered = new ArrayList<>();
        long oldest = -1;
        for (Source source : sources) {
            EventsFound piece = source.piece;
            if (piece != null) {
                positions.put(piece.node(), source.position(piece));
                boolean older = piece.oldestMillis() >= 0 && (oldest < 0 || piece.oldestMillis() < oldest);
                oldest = older ? piece.oldestMillis() : oldest;
                if (!source.silent) {
                    answered.add(piece.node());
                }
            }
        }
        List<String> unreachable = agents.unreachable(answered).stream()
                .filter(node -> query.nodes().isEmpty() || query.nodes().contains(node))
                .toList();
        Position later = told.isEmpty()
                ? Position.NEWEST
                : Position.newestAt(told.get(told.size() - 1).event().atMillis());
        unreachable.forEach(node -> positions.putIfAbsent(node, later));
        boolean more = sources.stream().anyMatch(source -> source.hasMore() || source.isHungry());
        return new History.Page(
                withoutSurrogates(told), more ? HistoryCursor.format(positions) : null, oldest, unreachable);
    }

    /**
     * Without the ends that a session inferred when it lost sight of the node of its connection, where that node tells the
     * end itself.
     */
    private static List<History.Found> withoutSurrogates(List<History.Found> told) {
        return told.stream()
                .filter(found ->
                        !isSurrogate(found) || told.stream().noneMatch(other -> isSameConnection(found, other)))
                .toList();
    }

    private static boolean isSurrogate(History.Found found) {
        String node = found.event().text("connection_node");
        return found.event().kind() == RecordedEvent.Kind.ENDED
                && found.event().text(EndFields.INFERRED) != null
                && node != null
                && !node.equals(found.node());
    }

    private static boolean isSameConnection(History.Found surrogate, History.Found real) {
        RecordedEvent one = surrogate.event();
        RecordedEvent other = real.event();
        Long began = one.number("connected_for_ms");
        Long otherBegan = other.number("connected_for_ms");
        return other.kind() == RecordedEvent.Kind.ENDED
                && real.node().equals(one.text("connection_node"))
                && other.clientId().equals(one.clientId())
                && other.peer().equals(one.peer())
                && began != null
                && otherBegan != null
                && Math.abs(one.atMillis() - began - (other.atMillis() - otherBegan)) <= SAME_CONNECTION_MILLIS;
    }
}
