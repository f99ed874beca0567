package io.nightjar.actor;

import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;

/**
 * Where shards live: a new one on the node that has the fewest, and there it stays until that node leaves. Moving a
 * shard ends the connections of its sessions, which nobody asked for; a node that joins gets its share as new ClientIDs
 * come, or when another leaves.
 */
public final class StayingAllocationStrategy extends ShardCoordinator.AbstractShardAllocationStrategy {
    @Override
    public Future<ActorRef> allocateShard(
            ActorRef requester, String shardId, Map<ActorRef, IndexedSeq<String>> shardsByRegion) {
        ActorRef chosen = requester;
        int fewest = Integer.MAX_VALUE;
        for (Map.Entry<ActorRef, IndexedSeq<String>> region : shardsByRegion.entrySet()) {
            int shards = region.getValue().size();
            // As many on both: the one that asked, since its client is there; then any order that is always the same.
            boolean wins = shards < fewest
                    || shards == fewest
                            && !chosen.equals(requester)
                            && region.getKey().compareTo(chosen) < 0
                    || shards == fewest && region.getKey().equals(requester);
            if (wins) {
                chosen = region.getKey();
                fewest = shards;
            }
        }
        return Future.successful(chosen);
    }

    @Override
    public Future<Set<String>> rebalance(
            Map<ActorRef, IndexedSeq<String>> shardsByRegion, Set<String> shardsInRebalance) {
        return Future.successful(Set.of());
    }
}
