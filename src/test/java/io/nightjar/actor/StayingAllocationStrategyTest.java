package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Vector;
import scala.jdk.javaapi.CollectionConverters;

class StayingAllocationStrategyTest {
    private static final ActorTestKit KIT =
            ActorTestKit.create(com.typesafe.config.ConfigFactory.parseString("pekko.actor.provider = local"));

    private final StayingAllocationStrategy strategy = new StayingAllocationStrategy();
    private final ActorRef a = region();
    private final ActorRef b = region();

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    @Test
    void a_new_shard_goes_where_the_fewest_are() {
        assertThat(allocate(a, Map.of(a, shards("1", "2"), b, shards("3")))).isEqualTo(b);
        assertThat(allocate(b, Map.of(a, shards("1"), b, shards("3", "4")))).isEqualTo(a);
    }

    @Test
    void a_new_shard_stays_with_its_client_when_nobody_has_fewer() {
        assertThat(allocate(a, Map.of(a, shards("1"), b, shards("2")))).isEqualTo(a);
        assertThat(allocate(b, Map.of(a, shards("1"), b, shards("2")))).isEqualTo(b);
        assertThat(allocate(a, Map.of(a, shards()))).isEqualTo(a);
    }

    @Test
    void a_shard_that_has_a_home_never_moves() {
        Map<ActorRef, IndexedSeq<String>> uneven = Map.of(a, shards("1", "2", "3", "4", "5"), b, shards());

        assertThat(strategy.rebalance(new HashMap<>(uneven), Set.of())
                        .value()
                        .get()
                        .get())
                .isEmpty();
    }

    private ActorRef allocate(ActorRef requester, Map<ActorRef, IndexedSeq<String>> regions) {
        return strategy.allocateShard(requester, "new", regions).value().get().get();
    }

    private static ActorRef region() {
        return Adapter.toClassic(KIT.createTestProbe().getRef());
    }

    private static IndexedSeq<String> shards(String... ids) {
        return Vector.from(CollectionConverters.asScala(List.of(ids)));
    }
}
