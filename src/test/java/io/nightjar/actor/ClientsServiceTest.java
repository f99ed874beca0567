package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.nightjar.message.ClientView;
import io.nightjar.message.Clients.Page;
import io.nightjar.message.Clients.Query;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.NodeMetrics;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The service of one node and agents of three, all in one process; sessions that answer from memory. */
class ClientsServiceTest {
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final List<String> NODES = List.of("a", "b", "c");
    private static final DisconnectReason REASON = DisconnectReason.of(Detail.API, "by", "robot");

    private final AtomicInteger inspected = new AtomicInteger();
    private final Map<String, SessionDirectory> directories = new TreeMap<>();
    private ActorSystem<Void> system;

    @BeforeEach
    void start() {
        system = ActorSystem.create(
                Behaviors.empty(),
                "nightjar",
                ConfigFactory.parseMap(Map.of("pekko.cluster.roles", List.of(NodeAgents.NODE_ROLE + "a")))
                        .withFallback(LinkCluster.config()));
        Cluster.get(system)
                .manager()
                .tell(Join.create(Cluster.get(system).selfMember().address()));
        NODES.forEach(node -> directories.put(node, new SessionDirectory()));
    }

    @AfterEach
    void stop() {
        system.terminate();
        await().atMost(LONG).until(() -> system.whenTerminated().isCompleted());
    }

    private ClientsService service(Duration patience) {
        return ClientsService.start(system, "a", directory("a"), new Counters(), Map::of, Map::of, patience);
    }

    private SessionDirectory directory(String node) {
        return directories.get(node);
    }

    /** The service, once it knows the agents of all three nodes. */
    private ClientsService ofThree() {
        for (String node : List.of("b", "c")) {
            system.systemActorOf(
                    ClientAgent.create(
                            node, directory(node), Map::of, Map::of, new NodeMetrics(new Counters(), Map::of)),
                    "agent-of-" + node,
                    Props.empty());
        }
        ClientsService service = service(Duration.ofMinutes(1));
        await().atMost(LONG).until(() -> get(service.nodes()).size() == 3);
        return service;
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** Clients c0000 and so on, each on some node; the odd ones are connected. */
    private List<String> clients(int count) {
        Random random = new Random(5);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String clientId = String.format("c%04d", i);
            ClientView view = new ClientView(
                    Map.of("clientid", clientId, "connected", i % 2 == 1, "username", "u" + i, "keepalive", 60));
            directory(NODES.get(random.nextInt(3))).add(clientId, new Session(view));
            names.add(clientId);
        }
        return names;
    }

    private final class Session implements SessionLink {
        private final ClientView view;

        Session(ClientView view) {
            this.view = view;
        }

        @Override
        public void tell(SessionCommand command) {
            if (command instanceof SessionCommand.Inspect inspect) {
                inspected.incrementAndGet();
                inspect.replyTo().tell(new SessionCommand.Inspected(view));
            } else if (command instanceof SessionCommand.Kick kick) {
                kick.replyTo().tell(true);
            }
        }

        @Override
        public String node() {
            return "";
        }
    }

    private static List<String> names(Page page) {
        return page.clients().stream().map(ClientView::clientId).toList();
    }

    private static Query query(Map<String, List<String>> filters, int skip, int limit, String... fields) {
        return new Query(filters, "", skip, limit, true, List.of(fields));
    }

    @Test
    void each_page_has_the_clients_that_one_list_of_all_nodes_would_have_there() throws Exception {
        List<String> all = clients(1000);
        List<String> odd = all.stream()
                .filter(name -> Integer.parseInt(name.substring(1)) % 2 == 1)
                .toList();
        ClientsService service = ofThree();
        Map<Map<String, List<String>>, List<String>> lists = Map.of(
                Map.of(), all,
                Map.of("like_clientid", List.of("C0")), all,
                Map.of("conn_state", List.of("connected")), odd);

        for (var list : lists.entrySet()) {
            List<String> expected = list.getValue();
            int size = expected.size();
            for (int skip : List.of(0, 1, 99, 100, 333, size - 7, size - 1, size, size + 50)) {
                for (int limit : List.of(1, 7, 250)) {
                    Page page = get(service.list(query(list.getKey(), skip, limit)));

                    String what = list.getKey() + " skip " + skip + " limit " + limit;
                    int from = Math.min(skip, size);
                    assertThat(names(page)).as(what).isEqualTo(expected.subList(from, Math.min(size, from + limit)));
                    assertThat(page.count()).as(what).isEqualTo(size);
                    assertThat(page.hasNext()).as(what).isEqualTo(from + limit < size);
                    assertThat(page.unreachableNodes()).isEmpty();
                }
            }
        }
    }

    @Test
    void a_walk_by_cursor_tells_each_client_once() throws Exception {
        List<String> all = clients(700);
        ClientsService service = ofThree();
        List<String> walked = new ArrayList<>();
        Page page;
        do {
            String after = walked.isEmpty() ? "" : walked.get(walked.size() - 1);
            page = get(service.list(new Query(Map.of(), after, 0, 90, false, List.of())));
            walked.addAll(names(page));
        } while (page.hasNext());

        assertThat(walked).isEqualTo(all);
    }

    @Test
    void no_session_is_asked_for_a_client_that_a_page_passes_over() throws Exception {
        clients(3000);
        ClientsService service = ofThree();

        Page page = get(service.list(query(Map.of(), 2900, 10)));

        assertThat(names(page)).hasSize(10).startsWith("c2900");
        assertThat(inspected.get()).isLessThanOrEqualTo(3 * 11);
    }

    @Test
    void fields_that_nobody_wants_do_not_travel() throws Exception {
        clients(3);
        ClientsService service = ofThree();

        Page some = get(service.list(query(Map.of(), 0, 10, "keepalive")));
        inspected.set(0);
        Page named = get(service.list(query(Map.of("like_clientid", List.of("c")), 0, 10, "clientid")));

        assertThat(some.clients())
                .allSatisfy(client -> assertThat(client.fields()).containsOnlyKeys("clientid", "keepalive"));
        assertThat(names(named)).hasSize(3);
        assertThat(inspected).hasValue(0);
    }

    @Test
    void a_walk_ends_when_nobody_waits_for_it_any_more() throws Exception {
        clients(10);
        ActorRef<ClientMessages> agent = system.systemActorOf(
                ClientAgent.create("a", directory("a"), Map::of, Map::of, new NodeMetrics(new Counters(), Map::of)),
                "agent",
                Props.empty());
        NodeAgents<ClientMessages> agents =
                NodeAgents.follow(system, ClientAgent.KEY, agent, "agents", Duration.ofMinutes(1));

        ClientWalk walk = new ClientWalk(agents, Map.of(), "", () -> 1001, 1000);

        assertThatThrownBy(() -> get(walk.next(5, List.of()))).hasCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void a_kick_is_done_when_the_node_of_the_client_says_so_whoever_else_is_silent() throws Exception {
        clients(30);
        ClientsService service = service(Duration.ofMinutes(10));
        ActorRef<ClientMessages> silent =
                system.systemActorOf(Behaviors.<ClientMessages>ignore(), "silent", Props.empty());
        system.receptionist().tell(Receptionist.register(ClientAgent.KEY, silent));
        String here = directory("a").all().firstKey();
        await().atMost(LONG)
                .until(
                        () -> { // the silent one is known once a question to all stays open
                            var all = service.nodes().toCompletableFuture();
                            try {
                                all.get(100, TimeUnit.MILLISECONDS);
                                return false;
                            } catch (TimeoutException open) {
                                return true;
                            }
                        });

        assertThat(get(service.kick(here, REASON, false))).isTrue();
        assertThat(get(service.find(here)).clientId()).isEqualTo(here);
    }
}
