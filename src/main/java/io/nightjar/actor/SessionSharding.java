package io.nightjar.actor;

import io.nightjar.message.Connection;
import io.nightjar.message.ConnectionInfo;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionKey;
import io.nightjar.message.Sessions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.pattern.Patterns;
import org.jspecify.annotations.Nullable;

/**
 * The way to a session by ClientID: Cluster Sharding, used to attach and nothing else. The entity answers with itself
 * and from then on messages go straight to it (a ShardRegion passes 1.4 M messages a second, an ActorRef over 12 M).
 */
public final class SessionSharding implements Sessions {
    /** Dispatcher of the session actors; its executor is {@link LoopDispatcher}. */
    public static final String DISPATCHER = "nightjar-session-dispatcher";

    /** Mailbox of that dispatcher: a queue for one reader, as typed actors have it. */
    public static final String MAILBOX = "org.apache.pekko.dispatch.SingleConsumerOnlyUnboundedMailbox";

    /** Dispatcher of the region and its shards. */
    public static final String REGION_DISPATCHER = "nightjar-region-dispatcher";

    /** Name of the entity type: the same on all nodes. */
    public static final String TYPE = "session";

    private static final Duration ASK_EVERY = Duration.ofMillis(50);
    private static final Duration ASK_FOR = Duration.ofSeconds(5);

    private final ActorRef region;

    private SessionSharding(ActorRef region) {
        this.region = region;
    }

    /** Starts the region of this node. */
    public static SessionSharding start(ActorSystem<?> system, SessionServices services) {
        Later sessions = new Later();
        ActorRef region = ClusterSharding.get(Adapter.toClassic(system))
                .start(
                        TYPE,
                        SessionActor.props(services, sessions),
                        ClusterShardingSettings.create(Adapter.toClassic(system)),
                        new ByClientId(),
                        new StayingAllocationStrategy(),
                        SessionCommand.Stop.INSTANCE);
        SessionSharding sharding = new SessionSharding(region);
        sessions.sharding = sharding;
        return sharding;
    }

    /**
     * Completes when the coordinator of the shards knows this node: from then on it gets its share of new ones. A node
     * that is up is not there yet, since the coordinator takes nobody of whom its own node has not heard.
     */
    public CompletionStage<Done> registered(ActorSystem<?> system) {
        CompletableFuture<Done> registered = new CompletableFuture<>();
        ask(system, Cluster.get(system).selfMember().address(), registered);
        return registered;
    }

    /** Asks again without waiting for the answer: a coordinator that is about to start may lose the question. */
    private void ask(ActorSystem<?> system, Address self, CompletableFuture<Done> registered) {
        if (registered.isDone()) {
            return;
        }
        Patterns.ask(region, ShardRegion.getCurrentRegionsInstance(), ASK_FOR).whenComplete((answer, failure) -> {
            if (answer instanceof ShardRegion.CurrentRegions now
                    && now.getRegions().contains(self)) {
                registered.complete(Done.getInstance());
            }
        });
        system.scheduler().scheduleOnce(ASK_EVERY, () -> ask(system, self, registered), system.executionContext());
    }

    @Override
    public void attach(String clientId, Connection connection, ConnectionInfo info) {
        SessionCommand attach = new SessionCommand.Attach(clientId, connection, info);
        region.tell(new ShardingEnvelope<>(SessionKey.entityId(clientId), attach), ActorRef.noSender());
    }

    /** The entities need the region that needs the entities. */
    private static final class Later implements Sessions {
        private volatile @Nullable SessionSharding sharding;

        @Override
        public void attach(String clientId, Connection connection, ConnectionInfo info) {
            SessionSharding started = sharding;
            if (started != null) {
                started.attach(clientId, connection, info);
            }
        }
    }

    private static final class ByClientId implements ShardRegion.MessageExtractor {
        @Override
        public @Nullable String entityId(Object message) {
            return message instanceof ShardingEnvelope<?> envelope ? envelope.entityId() : null;
        }

        @Override
        public @Nullable Object entityMessage(Object message) {
            return message instanceof ShardingEnvelope<?> envelope ? envelope.message() : null;
        }

        @Override
        public @Nullable String shardId(Object message) {
            String entityId = entityId(message);
            return entityId == null ? null : Integer.toString(SessionKey.shard(entityId));
        }
    }
}
