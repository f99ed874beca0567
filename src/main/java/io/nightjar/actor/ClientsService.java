package io.nightjar.actor;

import io.nightjar.actor.ClientMessages.CountClients;
import io.nightjar.actor.ClientMessages.Counted;
import io.nightjar.actor.ClientMessages.FindClient;
import io.nightjar.actor.ClientMessages.Found;
import io.nightjar.actor.ClientMessages.Held;
import io.nightjar.actor.ClientMessages.KickClient;
import io.nightjar.actor.ClientMessages.Kicked;
import io.nightjar.actor.ClientMessages.LimitsShown;
import io.nightjar.actor.ClientMessages.ListHeld;
import io.nightjar.actor.ClientMessages.ListSubscriptions;
import io.nightjar.actor.ClientMessages.Measure;
import io.nightjar.actor.ClientMessages.Measured;
import io.nightjar.actor.ClientMessages.ShowLimits;
import io.nightjar.actor.ClientMessages.SubscribeClient;
import io.nightjar.actor.ClientMessages.SubscribedClient;
import io.nightjar.actor.ClientMessages.Subscriptions;
import io.nightjar.actor.ClientMessages.UnsubscribeClient;
import io.nightjar.actor.ClientMessages.UnsubscribedClient;
import io.nightjar.message.ClientView;
import io.nightjar.message.Clients;
import io.nightjar.message.HeldMessages;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.NodeMetrics;
import io.nightjar.metrics.Sample;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.SubscriptionRequest;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.jspecify.annotations.Nullable;

/** The clients of the whole cluster: asks the {@link ClientAgent} of every node and puts the answers together. */
public final class ClientsService implements Clients {
    /** Role of a member that tells its node name. */
    public static final String NODE_ROLE = NodeAgents.NODE_ROLE;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Most time for one list: nobody waits longer for an answer, so the walk must not go on. */
    private static final Duration LIST_TIME = Duration.ofSeconds(50);

    private final NodeAgents<ClientMessages> agents;
    private final String node;
    private final NodeMetrics metrics;

    private ClientsService(NodeAgents<ClientMessages> agents, String node, NodeMetrics metrics) {
        this.agents = agents;
        this.node = node;
        this.metrics = metrics;
    }

    /**
     * Starts this node's agent and follows those of the others.
     *
     * @param figures of this node, by the names of the HTTP API
     * @param limits of this node, as {@link #limits} has them
     */
    public static ClientsService start(
            ActorSystem<?> system,
            String node,
            SessionDirectory directory,
            Counters counters,
            Supplier<Map<String, Object>> figures,
            Supplier<Map<String, Object>> limits) {
        return start(system, node, directory, counters, figures, limits, PATIENCE);
    }

    /** @param patience how long to wait for a node */
    static ClientsService start(
            ActorSystem<?> system,
            String node,
            SessionDirectory directory,
            Counters counters,
            Supplier<Map<String, Object>> figures,
            Supplier<Map<String, Object>> limits,
            Duration patience) {
        NodeMetrics metrics = new NodeMetrics(counters, figures);
        ActorRef<ClientMessages> own = system.systemActorOf(
                ClientAgent.create(node, directory, figures, limits, metrics), "nightjar-clients", Props.empty());
        return new ClientsService(
                NodeAgents.follow(system, ClientAgent.KEY, own, "nightjar-client-agents", patience), node, metrics);
    }

    @Override
    public CompletionStage<Page> list(Query query) {
        long end = System.nanoTime() + LIST_TIME.toNanos();
        ClientWalk walk = new ClientWalk(agents, query.filters(), query.after(), System::nanoTime, end);
        CompletionStage<Long> skipped =
                query.skip() == 0 ? CompletableFuture.completedFuture(0L) : walk.skip(query.skip());
        return skipped.thenCompose(passed -> walk.next(query.limit() + 1, List.copyOf(query.fields())))
                .thenCompose(clients -> {
                    CompletionStage<Long> count = query.count() ? walk.count() : CompletableFuture.completedFuture(0L);
                    return count.thenApply(all -> {
                        boolean more = clients.size() > query.limit();
                        List<ClientView> page = more ? clients.subList(0, query.limit()) : clients;
                        return new Page(page, all, more, agents.unreachable(walk.answered()));
                    });
                });
    }

    @Override
    public CompletionStage<@Nullable ClientView> find(String clientId) {
        return agents.askUntil(
                        (ActorRef<Found> replyTo) -> new FindClient(clientId, replyTo), found -> found.client() != null)
                .thenApply(answers -> answers.stream()
                        .map(Found::client)
                        .filter(Objects::nonNull)
                        .map(ClientView::new)
                        .findFirst()
                        .orElseGet(() -> {
                            noneHasIt(answers);
                            return null;
                        }));
    }

    @Override
    public CompletionStage<Boolean> kick(String clientId, DisconnectReason reason, boolean keepSession) {
        return agents.askUntil(
                        (ActorRef<Kicked> replyTo) ->
                                new KickClient(clientId, reason.detail(), reason.facts(), keepSession, replyTo),
                        Kicked::existed)
                .thenApply(answers -> {
                    boolean existed = answers.stream().anyMatch(Kicked::existed);
                    if (!existed) {
                        noneHasIt(answers);
                    }
                    return existed;
                });
    }

    @Override
    public CompletionStage<@Nullable List<Map<String, Object>>> subscriptions(String clientId) {
        return agents.askAll((ActorRef<Subscriptions> replyTo) -> new ListSubscriptions(clientId, replyTo))
                .thenApply(answers -> answers.stream()
                        .map(Subscriptions::subscriptions)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElseGet(() -> {
                            noneHasIt(answers);
                            return null;
                        }));
    }

    @Override
    public CompletionStage<Map<String, Map<String, Object>>> nodes() {
        return agents.askAll((ActorRef<Counted> replyTo) -> new CountClients(replyTo))
                .thenApply(answers -> byNode(answers, Counted::node, Counted::figures));
    }

    @Override
    public CompletionStage<Map<String, Map<String, Object>>> limits() {
        return agents.askAll((ActorRef<LimitsShown> replyTo) -> new ShowLimits(replyTo))
                .thenApply(answers -> byNode(answers, LimitsShown::node, LimitsShown::limits));
    }

    /** What each node that answered says of itself, in the order of the answers. */
    private static <A> Map<String, Map<String, Object>> byNode(
            List<A> answers, Function<A, String> node, Function<A, Map<String, Object>> told) {
        Map<String, Map<String, Object>> nodes = new LinkedHashMap<>();
        answers.forEach(answer -> nodes.put(node.apply(answer), told.apply(answer)));
        return nodes;
    }

    @Override
    public CompletionStage<@Nullable String> subscribe(String clientId, List<SubscriptionRequest> requests) {
        return agents.askAll((ActorRef<SubscribedClient> replyTo) -> new SubscribeClient(clientId, requests, replyTo))
                .thenApply(answers -> {
                    for (SubscribedClient answer : answers) {
                        if (answer.outcome() > 0) {
                            throw new Traces.Refused(
                                    "EXCEED_LIMIT",
                                    "the client would have more than " + answer.outcome()
                                            + " subscriptions (max-subscriptions of its listener); nothing was changed");
                        } else if (answer.outcome() == 0) {
                            return answer.node();
                        }
                    }
                    noneHasIt(answers);
                    return null;
                });
    }

    @Override
    public CompletionStage<Boolean> unsubscribe(String clientId, List<String> filters) {
        return agents.askAll(
                        (ActorRef<UnsubscribedClient> replyTo) -> new UnsubscribeClient(clientId, filters, replyTo))
                .thenApply(answers -> {
                    boolean existed = answers.stream().anyMatch(UnsubscribedClient::existed);
                    if (!existed) {
                        noneHasIt(answers);
                    }
                    return existed;
                });
    }

    @Override
    public CompletionStage<HeldMessages> messages(String clientId, HeldMessages.Query query) {
        return agents.askAll((ActorRef<Held> replyTo) -> new ListHeld(clientId, query, replyTo))
                .thenApply(answers -> answers.stream()
                        .map(Held::messages)
                        .filter(HeldMessages::found)
                        .findFirst()
                        .orElseGet(() -> {
                            noneHasIt(answers);
                            return HeldMessages.NONE;
                        }));
    }

    @Override
    public List<String> missing(Collection<String> answered) {
        return agents.unreachable(answered);
    }

    @Override
    public CompletionStage<Metrics> metrics(boolean allNodes) {
        if (!allNodes) {
            return CompletableFuture.completedFuture(new Metrics(Map.of(node, metrics.samples()), List.of()));
        }
        return agents.askAll((ActorRef<Measured> replyTo) -> new Measure(replyTo))
                .thenApply(answers -> {
                    Map<String, List<Sample>> nodes = new TreeMap<>();
                    answers.forEach(answer -> nodes.put(answer.node(), answer.samples()));
                    return new Metrics(nodes, agents.unreachable(nodes.keySet()));
                });
    }

    /** No node that answered has it; if one did not answer, nobody can know, and the caller is told so. */
    private void noneHasIt(List<?> answers) {
        if (agents.someAreMissing(answers.size())) {
            throw new Traces.Refused(
                    "SERVICE_UNAVAILABLE", "not every node answered, and those that did do not have it: try again");
        }
    }
}
