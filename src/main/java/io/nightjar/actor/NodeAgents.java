package io.nightjar.actor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/**
 * The agents of one kind, one on each node, as the service beside them asks them: found through the receptionist, the own
 * node's from the first moment. Thread-safe.
 *
 * @param <M> what an agent takes
 */
final class NodeAgents<M> {
    /** Role of a member that tells its node name. */
    static final String NODE_ROLE = "nightjar-node:";

    private final ActorSystem<?> system;
    private final Duration patience;
    private volatile Set<ActorRef<M>> agents;

    private NodeAgents(ActorSystem<?> system, ActorRef<M> own, Duration patience) {
        this.system = system;
        this.agents = Set.of(own); // the receptionist tells a little later
        this.patience = patience;
    }

    /**
     * Follows the agents of all nodes.
     *
     * @param name of the actor that does, unique
     * @param patience how long to wait for an answer
     */
    static <M> NodeAgents<M> follow(
            ActorSystem<?> system, ServiceKey<M> key, ActorRef<M> own, String name, Duration patience) {
        NodeAgents<M> all = new NodeAgents<>(system, own, patience);
        system.systemActorOf(
                Behaviors.<Receptionist.Listing>setup(context -> {
                    context.getSystem()
                            .receptionist()
                            .tell(Receptionist.subscribe(key, context.getSelf().narrow()));
                    return Behaviors.receiveMessage(listing -> {
                        Set<ActorRef<M>> found = new HashSet<>(listing.getServiceInstances(key));
                        found.add(own);
                        all.agents = found;
                        return Behaviors.same();
                    });
                }),
                name,
                Props.empty());
        return all;
    }

    /** Those that are known now. */
    Set<ActorRef<M>> known() {
        return agents;
    }

    /** Names of the nodes that are in the cluster now. */
    List<String> nodes() {
        List<String> names = new ArrayList<>();
        for (Member member : Cluster.get(system).state().getMembers()) {
            if (member.status().equals(MemberStatus.up())) {
                member.getRoles().stream()
                        .filter(role -> role.startsWith(NODE_ROLE))
                        .forEach(role -> names.add(role.substring(NODE_ROLE.length())));
            }
        }
        return names;
    }

    /** The nodes of the cluster that are not among those that answered. */
    List<String> unreachable(Collection<String> answered) {
        return nodes().stream().filter(node -> !answered.contains(node)).toList();
    }

    /** Whether some node did not answer. */
    boolean someAreMissing(int answers) {
        return answers < Math.max(agents.size(), nodes().size());
    }

    /** Asks one; fails if it does not answer in time. */
    <T> CompletionStage<T> ask(ActorRef<M> agent, Function<ActorRef<T>, M> question) {
        return ask(agent, question, patience);
    }

    private <T> CompletionStage<T> ask(ActorRef<M> agent, Function<ActorRef<T>, M> question, Duration atMost) {
        return AskPattern.ask(agent, question::apply, atMost, system.scheduler());
    }

    /** How long to wait for an answer. */
    Duration patience() {
        return patience;
    }

    /** Asks these; those that do not answer in time are left out. */
    <T> CompletionStage<Map<ActorRef<M>, T>> askAll(
            Collection<ActorRef<M>> some, Function<ActorRef<T>, M> question, Duration atMost) {
        List<ActorRef<M>> asked = List.copyOf(some);
        List<CompletableFuture<@Nullable T>> answers = asked.stream()
                .map(agent -> this.<T>ask(agent, question, atMost)
                        .handle((answer, fault) -> (@Nullable T) answer)
                        .toCompletableFuture())
                .toList();
        return all(answers).thenApply(list -> {
            Map<ActorRef<M>, T> answered = new HashMap<>();
            for (int i = 0; i < list.size(); i++) {
                T answer = list.get(i);
                if (answer != null) {
                    answered.put(asked.get(i), answer);
                }
            }
            return answered;
        });
    }

    /** Asks every node; those that do not answer in time are left out. */
    <T> CompletionStage<List<T>> askAll(Function<ActorRef<T>, M> question) {
        return askAll(agents, question, patience).thenApply(answers -> List.copyOf(answers.values()));
    }

    /** Asks every node: the one answer that is enough as soon as it is there, else all, as {@link #askAll}. */
    <T> CompletionStage<List<T>> askUntil(Function<ActorRef<T>, M> question, Predicate<T> enough) {
        CompletableFuture<List<T>> first = new CompletableFuture<>();
        List<CompletableFuture<@Nullable T>> answers = agents.stream()
                .map(agent -> this.<T>ask(agent, question)
                        .handle((answer, fault) -> {
                            if (answer != null && enough.test(answer)) {
                                first.complete(List.of(answer));
                            }
                            return (@Nullable T) answer;
                        })
                        .toCompletableFuture())
                .toList();
        all(answers)
                .thenAccept(list ->
                        first.complete(list.stream().filter(Objects::nonNull).toList()));
        return first;
    }

    /** All results, in order, once there are all. */
    static <T extends @Nullable Object> CompletionStage<List<T>> all(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    List<T> results = new ArrayList<>();
                    futures.forEach(future -> results.add(future.join()));
                    return results;
                });
    }
}
