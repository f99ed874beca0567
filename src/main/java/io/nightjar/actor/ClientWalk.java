package io.nightjar.actor;

import io.nightjar.actor.ClientMessages.ListClients;
import io.nightjar.actor.ClientMessages.Listed;
import io.nightjar.message.ClientView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Reads the clients of all nodes in the order of their names, as one list: asks each node for its next piece when the one
 * before is used up, so what waits here is a piece of each node and not what they all have. Ends with an error when its
 * time is over: whoever asked has gone by then.
 *
 * <p>One walk at a time; belongs to whoever completes its questions.
 */
final class ClientWalk {
    /** Clients in one answer of a node: some 100 KB, well below a frame between nodes. */
    private static final int PIECE = 100;

    /** Clients in one answer if nothing but names is wanted. */
    private static final int NAMES = 5000;

    static final List<String> NAME_ONLY = List.of("clientid");

    private final NodeAgents<ClientMessages> agents;
    private final Map<String, List<String>> filters;
    private final LongSupplier nanos;
    private final long endNanos;
    private final List<Node> nodes;
    private List<String> fields = NAME_ONLY;
    private String last;

    /**
     * @param after ClientID to begin after
     * @param endNanos when it is too late, by {@code nanos}
     */
    ClientWalk(
            NodeAgents<ClientMessages> agents,
            Map<String, List<String>> filters,
            String after,
            LongSupplier nanos,
            long endNanos) {
        this.agents = agents;
        this.filters = filters;
        this.nanos = nanos;
        this.endNanos = endNanos;
        this.last = after;
        this.nodes =
                agents.known().stream().map(agent -> new Node(agent, after)).toList();
    }

    /** What one node answered and is not used up. */
    private static final class Node {
        final ActorRef<ClientMessages> agent;
        final ArrayDeque<ClientView> clients = new ArrayDeque<>();
        String position;
        boolean more = true;
        /** Null until it answered, and again if it stopped answering. */
        @Nullable
        String name;
        /** Clients of it that match, up to the position. */
        long matching;

        Node(ActorRef<ClientMessages> agent, String position) {
            this.agent = agent;
            this.position = position;
        }
    }

    /** Passes over so many clients, of which only the names travel. */
    CompletionStage<Long> skip(int count) {
        fields = NAME_ONLY;
        return take(count, null, 0).thenApply(passed -> {
            // What was asked for beyond has no fields: it is asked for again.
            for (Node node : nodes) {
                if (!node.clients.isEmpty()) {
                    node.matching -= node.clients.size();
                    node.clients.clear();
                    node.position = last;
                    node.more = true;
                }
            }
            return passed;
        });
    }

    /**
     * The next clients, at most so many.
     *
     * @param wanted fields; empty = all
     */
    CompletionStage<List<ClientView>> next(int count, List<String> wanted) {
        fields = wanted;
        List<ClientView> taken = new ArrayList<>();
        return take(count, taken, 0).thenApply(done -> taken);
    }

    private CompletionStage<Long> take(int count, @Nullable List<ClientView> into, long sofar) {
        long taken = sofar;
        while (taken < count) {
            if (nodes.stream().anyMatch(node -> node.clients.isEmpty() && node.more)) {
                long now = taken;
                return fill((int) (count - taken)).thenCompose(filled -> take(count, into, now));
            }
            Node first = first();
            if (first == null) {
                break;
            }
            ClientView client = first.clients.remove();
            last = client.clientId();
            if (into != null) {
                into.add(client);
            }
            taken++;
        }
        return CompletableFuture.completedFuture(taken);
    }

    private @Nullable Node first() {
        Node first = null;
        for (Node node : nodes) {
            ClientView head = node.clients.peek();
            ClientView best = first == null ? null : first.clients.peek();
            if (head != null && (best == null || head.clientId().compareTo(best.clientId()) < 0)) {
                first = node;
            }
        }
        return first;
    }

    /** Asks the nodes that are used up, all at once. */
    private CompletionStage<List<Node>> fill(int wanted) {
        int most = Math.min(fields.equals(NAME_ONLY) ? NAMES : PIECE, wanted);
        return NodeAgents.all(nodes.stream()
                .filter(node -> node.clients.isEmpty() && node.more)
                .map(node -> step(node, most).toCompletableFuture())
                .toList());
    }

    private CompletionStage<Node> step(Node node, int most) {
        if (nanos.getAsLong() - endNanos > 0) {
            return CompletableFuture.failedFuture(new TimeoutException("the walk over the clients takes too long"));
        }
        CompletionStage<Listed> answer =
                agents.ask(node.agent, replyTo -> new ListClients(filters, node.position, most, fields, replyTo));
        return answer.handle((listed, fault) -> {
            if (listed == null) {
                node.name = null;
                node.more = false;
                node.matching = 0;
                return node;
            }
            listed.clients().forEach(client -> node.clients.add(new ClientView(client)));
            node.name = listed.node();
            node.matching += listed.matching();
            node.position = listed.position();
            node.more = listed.more();
            return node;
        });
    }

    /** Counts the rest too, and tells how many match in all: of a node without filters at once, else step by step. */
    CompletionStage<Long> count() {
        return NodeAgents.all(nodes.stream()
                        .map(node -> rest(node).toCompletableFuture())
                        .toList())
                .thenApply(counted ->
                        counted.stream().mapToLong(node -> node.matching).sum());
    }

    private CompletionStage<Node> rest(Node node) {
        return node.more ? step(node, 0).thenCompose(this::rest) : CompletableFuture.completedFuture(node);
    }

    /** Nodes that answered whenever they were asked. */
    List<String> answered() {
        return nodes.stream().map(node -> node.name).filter(Objects::nonNull).toList();
    }
}
