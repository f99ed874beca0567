package io.nightjar.app;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.cluster.typed.Subscribe;

/** This node's way into its cluster and out of it. Without seeds it is a cluster of one: the same code path. */
final class ClusterMembership {
    private final ActorSystem<?> system;
    private final List<String> seeds;

    /** @param seeds {@code host:port} of nodes to join */
    ClusterMembership(ActorSystem<?> system, List<String> seeds) {
        this.system = system;
        this.seeds = seeds;
    }

    /** Joins; completes when this node is up. */
    CompletionStage<Done> join() {
        CompletableFuture<Done> up = new CompletableFuture<>();
        Cluster cluster = Cluster.get(system);
        system.systemActorOf(
                Behaviors.<SelfUp>setup(context -> {
                    cluster.subscriptions().tell(Subscribe.create(context.getSelf(), SelfUp.class));
                    return Behaviors.receiveMessage(event -> {
                        up.complete(Done.getInstance());
                        return Behaviors.stopped();
                    });
                }),
                "nightjar-up",
                org.apache.pekko.actor.typed.Props.empty());
        Address self = cluster.selfMember().address();
        if (seeds.isEmpty()) {
            cluster.manager().tell(Join.create(self));
        } else {
            List<Address> addresses = new ArrayList<>();
            for (String seed : seeds) {
                int colon = seed.lastIndexOf(':');
                int port = Integer.parseInt(seed.substring(colon + 1));
                addresses.add(new Address("pekko", system.name(), seed.substring(0, colon), port));
            }
            cluster.manager().tell(new JoinSeedNodes(addresses));
        }
        return up;
    }

    /** {@code host:port} that others name as a seed. */
    String address() {
        Address self = Cluster.get(system).selfMember().address();
        return self.getHost().orElse("") + ":" + self.getPort().orElse(0);
    }

    /** Leaves the cluster in order and ends the actor system. */
    CompletionStage<Done> leave() {
        return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.jvmExitReason());
    }
}
