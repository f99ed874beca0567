package io.nightjar.actor;

import io.nightjar.message.Connection;
import io.nightjar.message.ConnectionInfo;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionKey;
import io.nightjar.message.Sessions;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
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
