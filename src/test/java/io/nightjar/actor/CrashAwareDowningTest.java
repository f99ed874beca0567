package io.nightjar.actor;

import static io.nightjar.actor.LinkCluster.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.junit.jupiter.api.Test;

class CrashAwareDowningTest {
    /** A system that stops without leaving: to the others as if its process had been killed. */
    private static final Config MORTAL = ConfigFactory.parseString(
                    """
                    pekko.coordinated-shutdown.run-by-actor-system-terminate = off
                    pekko.cluster.split-brain-resolver.stable-after = 2s
                    pekko.cluster.down-removal-margin = 1s
                    pekko.coordinated-shutdown.phases.actor-system-terminate.timeout = 5s
                    """)
            .withFallback(LinkCluster.config());

    @Test
    void of_two_nodes_the_younger_goes_on_when_the_oldest_dies() {
        survives(0);
    }

    @Test
    void of_two_nodes_the_oldest_goes_on_when_the_younger_dies() {
        survives(1);
    }

    @Test
    void a_port_that_nobody_listens_on_is_a_proof_and_one_that_answers_is_none() throws IOException {
        ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        int port = listening.getLocalPort();
        Address address = new Address("pekko", "nightjar", "127.0.0.1", port);

        assertThat(CrashAwareStrategy.refuses(address)).isFalse();
        listening.close();
        assertThat(CrashAwareStrategy.refuses(address)).isTrue();
        assertThat(CrashAwareStrategy.refuses(new Address("pekko", "nightjar"))).isFalse();
    }

    private static void survives(int dying) {
        try (LinkCluster cluster = new LinkCluster(LinkSettings.DEFAULT)) {
            List<LinkCluster.Node> nodes = List.of(cluster.start("a", MORTAL), cluster.start("b", MORTAL));
            LinkCluster.Node dead = nodes.get(dying);
            LinkCluster.Node survivor = nodes.get(1 - dying);
            survivor.subscribe("x");
            cluster.forget(dead);

            dead.system.terminate();

            await().atMost(LONG).until(() -> survivor.lost.equals(List.of(dead.name)));
            await().atMost(LONG)
                    .until(() -> survivor.membersUp() == 1
                            && survivor.cluster().state().getUnreachable().isEmpty());
            assertThat(survivor.system.whenTerminated().isCompleted()).isFalse();
        }
    }
}
