package io.nightjar.actor;

import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.routing.RetainedLimits;
import io.nightjar.routing.RetainedMessages;
import io.nightjar.routing.Router;
import io.nightjar.routing.Subscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.Leave;

/** Some nodes in one process, each with its own actor system on a free port of the loopback interface. */
final class LinkCluster implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(90);

    private final List<Node> nodes = new ArrayList<>();
    private final LinkSettings settings;

    LinkCluster(LinkSettings settings) {
        this.settings = settings;
    }

    static Config config() {
        return ConfigFactory.parseString(
                        """
                        pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                        pekko.remote.artery.advanced.buffer-pool-size = 8
                        pekko.cluster.log-info = off
                        pekko.loglevel = WARNING
                        """)
                .withFallback(ConfigFactory.parseResources("pekko.conf"))
                .withFallback(ConfigFactory.load())
                .resolve();
    }

    /** Starts a node and waits until all know it. */
    Node start(String name) {
        return start(name, config());
    }

    Node start(String name, Config config) {
        Node node = new Node(name, settings, config);
        nodes.add(node);
        node.cluster()
                .manager()
                .tell(Join.create(nodes.get(0).cluster().selfMember().address()));
        await().atMost(LONG).until(() -> nodes.stream()
                .allMatch(n -> n.membersUp() == nodes.size() && n.links.peers().size() == nodes.size() - 1));
        return node;
    }

    void forget(Node node) {
        nodes.remove(node);
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.system.terminate());
        nodes.forEach(node ->
                await().atMost(LONG).until(() -> node.system.whenTerminated().isCompleted()));
    }

    static Message message(String topic, String payload, QoS qos) {
        return new Message(topic, Bytes.utf8(payload), qos, false, Properties.NONE, "publisher", 1);
    }

    /** One node. */
    static final class Node {
        final String name;
        final ActorSystem<Void> system;
        final Counters counters = new Counters();
        final RetainedMessages retained;
        final Router router;
        final ClusterLinks links;
        final List<String> lost = new CopyOnWriteArrayList<>();

        Node(String name, LinkSettings settings, Config config) {
            this.name = name;
            this.system = ActorSystem.create(Behaviors.empty(), "nightjar", config);
            this.retained = new RetainedMessages(
                    new RetainedLimits(100_000, 1 << 20, 1L << 30), counters, System::currentTimeMillis);
            this.router = new Router(counters, retained, name, System::currentTimeMillis);
            this.links = ClusterLinks.start(system, name, router, retained, counters, settings);
            links.onNodeLost(lost::add);
        }

        LinkNode link() {
            return LinkNode.get(system);
        }

        Cluster cluster() {
            return Cluster.get(system);
        }

        long membersUp() {
            long up = 0;
            for (var member : cluster().state().getMembers()) {
                up += member.status().equals(MemberStatus.up()) ? 1 : 0;
            }
            return up;
        }

        void leave() {
            cluster().manager().tell(Leave.create(cluster().selfMember().address()));
        }

        long routesTo(Node other) {
            return router.routes().peers().stream()
                    .filter(peer -> peer.node().equals(other.name))
                    .mapToLong(peer -> router.routes().digest(peer).count())
                    .sum();
        }

        Inbox subscribe(String filter) {
            Inbox inbox = new Inbox();
            router.subscribe(inbox, filter, SubscriptionOptions.of(QoS.EXACTLY_ONCE), 0);
            return inbox;
        }
    }

    /** A subscriber that keeps what it gets. */
    static final class Inbox implements Subscriber {
        final Queue<Delivery> deliveries = new ConcurrentLinkedQueue<>();

        @Override
        public String clientId() {
            return "inbox";
        }

        @Override
        public void deliver(Delivery delivery) {
            deliveries.add(delivery);
        }

        @Override
        public boolean isConnected() {
            return true;
        }

        List<String> payloads() {
            return deliveries.stream()
                    .map(delivery -> delivery.message().payload().text())
                    .toList();
        }
    }
}
