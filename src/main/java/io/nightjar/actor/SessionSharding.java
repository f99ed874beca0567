package io.nightjar.actor;

import io.nightjar.message.Connection;
import io.nightjar.message.ConnectionInfo;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionKey;
import io.nightjar.message.Sessions;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.ShardingMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;

/**
 * The way to a session by ClientID: Cluster Sharding, used to attach and nothing else. The entity answers with itself
 * and from then on messages go straight to it (a ShardRegion passes 1.4 M messages a second, an ActorRef over 12 M).
 */
public final class SessionSharding implements Sessions {
    /** Dispatcher of the session actors; its executor is {@link LoopDispatcher}. */
    public static final String DISPATCHER = "nightjar-session-dispatcher";

    /** Dispatcher of the region and its shards. */
    public static final String REGION_DISPATCHER = "nightjar-region-dispatcher";

    /** Name of the entity type: the same on all nodes. */
    public static final EntityTypeKey<SessionCommand> TYPE = EntityTypeKey.create(SessionCommand.class, "session");

    private final ActorRef<ShardingEnvelope<SessionCommand>> region;

    private SessionSharding(ActorRef<ShardingEnvelope<SessionCommand>> region) {
        this.region = region;
    }

    /** Starts the region of this node. */
    public static SessionSharding start(ActorSystem<?> system, SessionServices services) {
        Later sessions = new Later();
        ActorRef<ShardingEnvelope<SessionCommand>> region = ClusterSharding.get(system)
                .init(Entity.of(TYPE, context -> SessionActor.create(services, sessions, context.getShard()))
                        .withStopMessage(SessionCommand.Stop.INSTANCE)
                        .withMessageExtractor(new ByClientId())
                        .withAllocationStrategy(new StayingAllocationStrategy())
                        .withEntityProps(DispatcherSelector.fromConfig(DISPATCHER)));
        SessionSharding sharding = new SessionSharding(region);
        sessions.sharding = sharding;
        return sharding;
    }

    @Override
    public void attach(String clientId, Connection connection, ConnectionInfo info) {
        region.tell(new ShardingEnvelope<>(
                SessionKey.entityId(clientId), new SessionCommand.Attach(clientId, connection, info)));
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

    private static final class ByClientId
            extends ShardingMessageExtractor<ShardingEnvelope<SessionCommand>, SessionCommand> {
        @Override
        public String entityId(ShardingEnvelope<SessionCommand> envelope) {
            return envelope.entityId();
        }

        @Override
        public String shardId(String entityId) {
            return Integer.toString(SessionKey.shard(entityId));
        }

        @Override
        public SessionCommand unwrapMessage(ShardingEnvelope<SessionCommand> envelope) {
            return envelope.message();
        }
    }
}
