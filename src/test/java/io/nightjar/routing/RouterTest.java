package io.nightjar.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceSubject;
import io.nightjar.trace.Tracer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouterTest {
    private final Counters counters = new Counters();
    private final RetainedMessages retained = new RetainedMessages(RetainedLimits.DEFAULT, counters, () -> 1000);
    private final Router router = new Router(counters, retained, "here", () -> 1000);
    private final Recorder a = new Recorder("a");
    private final Recorder b = new Recorder("b");

    @Test
    void a_message_goes_to_its_subscribers_and_to_nobody_else() {
        router.subscribe(a, "t/1", options(1), 0);
        router.subscribe(b, "t/2", options(1), 0);

        int reached = router.route(Recorder.message("t/1", 2, false, "p"));

        assertThat(reached).isEqualTo(1);
        assertThat(a.only().qos()).isEqualTo(QoS.AT_LEAST_ONCE);
        assertThat(b.deliveries).isEmpty();
        assertThat(counters.get(Counter.MESSAGES_ROUTED)).isEqualTo(1);
    }

    @Test
    void a_message_without_subscribers_reaches_none_and_is_counted() {
        assertThat(router.route(Recorder.message("t/1", 2, false, "p"))).isZero();

        assertThat(counters.get(Counter.MESSAGES_WITHOUT_SUBSCRIBER)).isEqualTo(1);
    }

    @Test
    void what_the_broker_says_itself_is_not_counted_as_a_message_of_clients() {
        router.subscribe(a, "$SYS/#", options(0), 0);

        router.route(own("$SYS/brokers/here/version"));
        router.route(own("$SYS/x"));
        router.route(own("nobody/listens"));

        assertThat(a.deliveries).hasSize(2);
        assertThat(counters.get(Counter.MESSAGES_ROUTED)).isZero();
        assertThat(counters.get(Counter.MESSAGES_WITHOUT_SUBSCRIBER)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"t/1, true", "t/2, true", "s/1, true", "far/1, true", "x, false", "$SYS/x, false"})
    void it_tells_whether_anybody_in_the_cluster_subscribes_to_a_topic(String topic, boolean expected) {
        router.subscribe(a, "t/1", options(0), 0);
        router.subscribe(a, "t/+", options(0), 0);
        router.subscribe(b, "$share/g/s/1", options(0), 0);
        router.routes().add(new RecordingPeer("there"), "far/#");

        assertThat(router.hasSubscribers(topic)).isEqualTo(expected);
    }

    private static Message own(String topic) {
        return Recorder.message(topic, 0, false, "");
    }

    @ParameterizedTest
    @CsvSource({
        "#, false",
        "+/x, false",
        "+/#, false",
        "+, false",
        "$X/#, true",
        "$X/+, true",
        "$X/x, true",
        "$share/g/#, false",
        "$share/g/+/x, false",
        "$share/g/$X/#, true"
    })
    @Normative({"5.0/4.7.2-1", "311/4.7.2-1"})
    @OftenWrong(39)
    void a_leading_wildcard_spares_dollar_topics_live_shared_on_other_nodes_and_retained(String filter, boolean match) {
        RecordingPeer peer = new RecordingPeer("n2");
        router.subscribe(a, filter, options(1), 0);
        router.routes().add(peer, filter.replace("/g/", "/h/"));

        router.route(Recorder.message("$X/x", 1, true, "p"));
        router.route(Recorder.message("$X/x/y", 1, true, "p"));

        boolean shared = filter.startsWith("$share");
        assertThat(a.deliveries.isEmpty()).isEqualTo(!match);
        assertThat(peer.forwarded().isEmpty()).isEqualTo(!match);
        assertThat(router.retained(filter).hasNext()).isEqualTo(match && !shared);
    }

    /** Subscriptions as filter:qos:rap:identifier; the same whichever came first [5.0/3.3.4-2, -4, 3.3.1-13]. */
    @ParameterizedTest
    @CsvSource({
        "t:0:0:0,                       2, true,  0, false, ''",
        "t:2:0:0,                       1, true,  1, false, ''",
        "t:1:1:7,                       1, true,  1, true,  7",
        "t:1:1:7,                       1, false, 1, false, 7",
        "t:0:0:1 #:2:0:2,               2, false, 2, false, 1 2",
        "t:2:0:1 #:0:0:2,               2, false, 2, false, 1 2",
        "t:2:0:0 #:0:0:2,               1, false, 1, false, 2",
        "t:0:1:0 +:1:0:0 #:0:0:0,       2, true,  1, true,  ''",
        "t:0:1:5 +:1:0:5 #:0:0:6 t/#:2:0:8, 2, false, 2, false, 5 5 6 8"
    })
    @Normative({"5.0/3.3.1-12", "5.0/3.3.1-13", "5.0/3.3.4-2", "5.0/3.3.4-4"})
    @OftenWrong({11, 12})
    void overlapping_subscriptions_are_merged_to_one_delivery(
            String subscriptions, int qos, boolean retain, int expectedQos, boolean expectedRetain, String ids) {
        for (boolean reversed : new boolean[] {false, true}) {
            Router fresh = new Router(counters, retained, "here", () -> 1000);
            Recorder subscriber = new Recorder("s");
            Recorder other = new Recorder("other");
            fresh.subscribe(other, "#", options(0), 99);
            List<String> all =
                    new ArrayList<>(Arrays.asList(subscriptions.trim().split(" ")));
            if (reversed) {
                java.util.Collections.reverse(all);
            }
            for (String one : all) {
                String[] part = one.split(":");
                fresh.subscribe(
                        subscriber,
                        part[0],
                        new SubscriptionOptions(QoS.of(Integer.parseInt(part[1])), false, part[2].equals("1"), 0),
                        Integer.parseInt(part[3]));
            }

            int reached = fresh.route(Recorder.message("t", qos, retain, "p"));

            Delivery delivery = subscriber.only();
            assertThat(reached).isEqualTo(2);
            assertThat(delivery.qos().value()).isEqualTo(expectedQos);
            assertThat(delivery.retain()).isEqualTo(expectedRetain);
            assertThat(delivery.shared()).isFalse();
            assertThat(delivery.subscriptionIdentifiers().stream().sorted().map(String::valueOf))
                    .containsExactly(ids.isEmpty() ? new String[0] : ids.split(" "));
            assertThat(other.only().subscriptionIdentifiers()).containsExactly(99);
        }
    }

    @Test
    @Normative("5.0/3.8.3-3")
    @OftenWrong(10)
    void no_local_holds_for_its_subscription_only_and_for_the_publisher_only() {
        SubscriptionOptions noLocal = new SubscriptionOptions(QoS.EXACTLY_ONCE, true, true, 0);
        router.subscribe(a, "t", noLocal, 1);
        router.subscribe(b, "t", noLocal, 2);

        assertThat(router.route(Recorder.message("t", 2, false, "a"))).isEqualTo(1);
        assertThat(a.deliveries).isEmpty();
        assertThat(b.only().subscriptionIdentifiers()).containsExactly(2);

        router.subscribe(a, "+", options(1), 3);
        router.route(Recorder.message("t", 2, true, "a"));
        assertThat(a.only().subscriptionIdentifiers()).containsExactly(3);
        assertThat(a.only().qos()).isEqualTo(QoS.AT_LEAST_ONCE);
        assertThat(a.only().retain()).isFalse();
    }

    @Test
    void no_local_does_not_hold_for_what_the_broker_publishes() {
        Recorder nameless = new Recorder("");
        router.subscribe(nameless, "t", new SubscriptionOptions(QoS.AT_MOST_ONCE, true, false, 0), 0);

        assertThat(router.route(Recorder.message("t", 0, false, ""))).isEqualTo(1);
    }

    @Test
    void equal_options_share_one_delivery_object() {
        router.subscribe(a, "t", options(1), 0);
        router.subscribe(b, "t", options(1), 0);

        router.route(Recorder.message("t", 2, false, "p"));

        assertThat(a.only()).isSameAs(b.only());
    }

    @Test
    void a_plain_and_a_shared_match_are_two_copies() {
        router.subscribe(a, "t", options(1), 1);
        router.subscribe(a, "$share/g/t", options(2), 2);

        assertThat(router.route(Recorder.message("t", 2, false, "p"))).isEqualTo(2);

        assertThat(a.deliveries).extracting(Delivery::shared).containsExactlyInAnyOrder(false, true);
        assertThat(a.deliveries)
                .extracting(Delivery::subscriptionIdentifiers)
                .containsExactlyInAnyOrder(List.of(1), List.of(2));
    }

    @Test
    @Normative("5.0/4.8.2")
    void each_group_gets_one_copy_and_its_members_take_turns() {
        Recorder c = new Recorder("c");
        for (Recorder member : List.of(a, b, c)) {
            router.subscribe(member, "$share/g/t/#", options(1), 0);
        }
        Recorder alone = new Recorder("alone");
        router.subscribe(alone, "$share/h/t/#", options(1), 0);

        for (int i = 0; i < 30; i++) {
            assertThat(router.route(Recorder.message("t/x", 1, false, "p"))).isEqualTo(2);
        }

        assertThat(List.of(a, b, c))
                .allSatisfy(member -> assertThat(member.deliveries).hasSize(10));
        assertThat(alone.deliveries).hasSize(30);
    }

    @Test
    void connected_members_come_first_and_a_disconnected_one_is_better_than_none() {
        router.subscribe(a, "$share/g/t", options(1), 0);
        router.subscribe(b, "$share/g/t", options(1), 0);
        a.connected = false;

        for (int i = 0; i < 10; i++) {
            router.route(Recorder.message("t", 1, false, "p"));
        }
        assertThat(a.deliveries).isEmpty();
        assertThat(b.deliveries).hasSize(10);

        b.connected = false;
        assertThat(router.route(Recorder.message("t", 1, false, "p"))).isEqualTo(1);
    }

    @Test
    void a_peer_gets_a_message_once_however_many_of_its_filters_match() {
        RecordingPeer peer = new RecordingPeer("n2");
        router.routes().add(peer, "t/#");
        router.routes().add(peer, "t/+");
        router.routes().add(peer, "$share/g/t/1");

        assertThat(router.route(Recorder.message("t/1", 1, false, "p"))).isEqualTo(1);
        router.route(Recorder.message("other", 1, false, "p"));

        assertThat(peer.forwarded).containsExactly("true [$share/g/t/1]");
    }

    @Test
    void a_trace_by_topic_is_told_whom_each_message_reached_and_which_node_not() {
        List<String> told = new ArrayList<>();
        Tracer tracer = new Tracer();
        router.setTracer(tracer);
        router.subscribe(a, "full/x", options(1), 0);
        router.routes().add(new RecordingPeer("n2"), "full/#");
        router.route(Recorder.message("full/x", 1, false, "p"));
        tracer.start(new EveryTopic(told));

        router.route(Recorder.message("full/x", 1, false, "p"));
        router.route(Recorder.message("nobody", 0, true, "p"));
        router.routeFromPeer(Recorder.message("full/x", 1, false, "p"), true, List.of());

        assertThat(told)
                .containsExactly(
                        "message_routed p {topic=full/x, qos=1, retain=false, subscribers=1, nodes=0}",
                        "message_dropped p {topic=full/x, qos=1, retain=false, why=link_full, node=n2}",
                        "message_routed p {topic=nobody, qos=0, retain=true, subscribers=0, nodes=0,"
                                + " why=no_matching_subscription}",
                        "message_routed_from_node p {topic=full/x, qos=1, retain=false, subscribers=1}");
    }

    @Test
    void a_trace_by_topic_is_told_of_a_message_that_a_member_left_behind() {
        List<String> told = new ArrayList<>();
        Tracer tracer = new Tracer();
        router.setTracer(tracer);
        tracer.start(new EveryTopic(told));
        Message message = Recorder.message("full/x", 1, false, "p");

        router.routeToGroup(message, "$share/g/full/x");
        router.subscribe(a, "$share/g/full/x", options(1), 0);
        router.routeToGroup(message, "$share/g/full/x");
        router.unsubscribe(a, "$share/g/full/x");
        router.routes().add(new RecordingPeer("n2"), "$share/g/full/x");
        router.routeToGroup(message, "$share/g/full/x");

        String line = "message_handed_on p {topic=full/x, qos=1, retain=false, filter=$share/g/full/x, ";
        assertThat(told)
                .containsExactly(
                        line + "subscribers=0, nodes=0, why=no_member_left}",
                        line + "subscribers=1, nodes=0}",
                        line + "subscribers=0, nodes=0}",
                        "message_dropped p {topic=full/x, qos=1, retain=false, why=link_full, node=n2}");
    }

    /** A trace by topic of all there are. */
    private record EveryTopic(List<String> told) implements Tracer.Selection {
        @Override
        public boolean byAddress() {
            return false;
        }

        @Override
        public boolean byTopic() {
            return true;
        }

        @Override
        public boolean wantsClient(String clientId, String username, String address) {
            return false;
        }

        @Override
        public boolean wantsTopic(String topic) {
            return true;
        }

        @Override
        public boolean wantsFilter(String filter) {
            return true;
        }

        @Override
        public void accept(TraceEvent event, TraceSubject subject) {
            told.add(event.msg() + " " + event.clientId() + " " + event.fields());
        }
    }

    @Test
    void a_message_that_a_member_left_behind_goes_to_another_here_or_elsewhere() {
        Message message = Recorder.message("t", 1, false, "p");
        assertThat(router.routeToGroup(message, "$share/g/t")).isFalse();
        router.subscribe(a, "t", options(1), 0);
        router.subscribe(b, "$share/g/t", options(0), 7);
        router.subscribe(b, "$share/h/t", options(0), 8);

        assertThat(router.routeToGroup(message, "$share/g/t")).isTrue();
        assertThat(a.deliveries).isEmpty();
        assertThat(b.only().subscriptionIdentifiers()).containsExactly(7);
        assertThat(b.only().qos()).isEqualTo(QoS.AT_MOST_ONCE);
        assertThat(b.only().sharedFilter()).isEqualTo("$share/g/t");

        RecordingPeer peer = new RecordingPeer("n2");
        router.routes().add(peer, "t");
        router.routes().add(peer, "$share/g/t");
        router.unsubscribe(b, "$share/g/t");
        assertThat(router.routeToGroup(message, "$share/g/t")).isTrue();
        assertThat(peer.forwarded).containsExactly("false [$share/g/t]");
    }

    @Test
    void a_subscriber_that_no_local_spares_matches_all_the_same() {
        SubscriptionOptions noLocal = new SubscriptionOptions(QoS.EXACTLY_ONCE, true, true, 0);
        router.subscribe(a, "t", noLocal, 1);

        assertThat(router.route(Recorder.message("t", 1, false, "a"))).isEqualTo(1);
        assertThat(router.route(Recorder.message("u", 1, false, "a"))).isZero();
        assertThat(a.deliveries).isEmpty();
    }

    @Test
    void nodes_take_turns_for_a_shared_filter() {
        RecordingPeer second = new RecordingPeer("n2");
        RecordingPeer third = new RecordingPeer("n3");
        router.routes().add(second, "$share/g/t");
        router.routes().add(third, "$share/g/t");
        router.subscribe(a, "$share/g/t", options(1), 0);

        for (int i = 0; i < 30; i++) {
            assertThat(router.route(Recorder.message("t", 1, false, "p"))).isEqualTo(1);
        }
        assertThat(a.deliveries).hasSize(10);
        assertThat(second.forwarded).hasSize(10).containsOnly("false [$share/g/t]");
        assertThat(third.forwarded).hasSize(10);

        a.connected = false;
        for (int i = 0; i < 60; i++) {
            router.route(Recorder.message("t", 1, false, "p"));
        }
        assertThat(a.deliveries).hasSize(10);
        assertThat(second.forwarded).hasSize(40);
        assertThat(third.forwarded).hasSize(40);

        router.routes().removeAll(second);
        router.routes().removeAll(third);
        assertThat(router.route(Recorder.message("t", 1, false, "p"))).isEqualTo(1);
        assertThat(a.deliveries).hasSize(11);
    }

    @Test
    void a_forwarded_message_stays_on_this_node_and_obeys_what_the_peer_chose() {
        RecordingPeer peer = new RecordingPeer("n2");
        router.routes().add(peer, "#");
        router.subscribe(a, "t", options(1), 0);
        router.subscribe(b, "$share/g/t", options(1), 0);
        Message message = Recorder.message("t", 1, true, "p");

        assertThat(router.routeFromPeer(message, true, List.of())).isEqualTo(1);
        assertThat(a.deliveries).hasSize(1);
        assertThat(b.deliveries).isEmpty();

        assertThat(router.routeFromPeer(message, false, List.of("$share/g/t", "$share/gone/t")))
                .isEqualTo(1);
        assertThat(a.deliveries).hasSize(1);
        assertThat(b.only().shared()).isTrue();
        assertThat(peer.forwarded).isEmpty();
        assertThat(router.retained("#").hasNext()).isFalse();
    }

    @Test
    @Normative({"5.0/3.3.1-5", "5.0/3.3.1-6", "5.0/3.3.1-8", "5.0/4.8.2"})
    @OftenWrong(16)
    void retained_messages_are_kept_replicated_and_found_but_not_for_shared_filters() {
        List<Message> replicated = new ArrayList<>();
        router.setRetainedReplication(replicated::add);
        Message message = Recorder.message("t/1", 1, true, "p");

        router.route(message);
        router.route(Recorder.message("t/2", 1, false, "p"));

        assertThat(replicated).containsExactly(message);
        assertThat(router.retained("t/+").next().topic()).isEqualTo("t/1");
        assertThat(router.retained("$share/g/t/+").hasNext()).isFalse();

        router.subscribe(a, "t/1", options(1), 0);
        router.route(Recorder.message("t/1", "", 1, true, "p", 1001));
        assertThat(replicated).hasSize(2);
        assertThat(router.retained("#").hasNext()).isFalse();
        assertThat(a.only().message().payload().isEmpty()).isTrue();
    }

    @Test
    void the_first_and_the_last_subscriber_of_a_filter_are_announced() {
        List<String> heard = new ArrayList<>();
        router.setFilterChanges(changes(heard));

        assertThat(router.subscribe(a, "t", options(1), 0)).isTrue();
        assertThat(router.subscribe(a, "t", options(2), 0)).isFalse();
        assertThat(router.subscribe(b, "t", options(1), 0)).isTrue();
        assertThat(router.subscribe(b, "$share/g/t", options(1), 0)).isTrue();
        assertThat(router.unsubscribe(a, "t")).isTrue();
        assertThat(router.unsubscribe(a, "t")).isFalse();
        assertThat(router.unsubscribe(b, "t")).isTrue();
        assertThat(router.unsubscribe(b, "$share/g/t")).isTrue();

        assertThat(heard).containsExactly("+t", "+$share/g/t", "-t", "-$share/g/t");
        assertThat(router.filters()).isZero();
    }

    @Test
    void announcements_alternate_for_each_filter_under_concurrency() throws Exception {
        ConcurrentHashMap<String, Boolean> there = new ConcurrentHashMap<>();
        AtomicInteger wrong = new AtomicInteger();
        router.setFilterChanges(new FilterChanges() {
            @Override
            public void added(String filter) {
                if (there.put(filter, true) != null) {
                    wrong.incrementAndGet();
                }
            }

            @Override
            public void removed(String filter) {
                if (there.remove(filter) == null) {
                    wrong.incrementAndGet();
                }
            }
        });
        String[] filters = {"t", "t/+", "t/#", "$share/g/t", "$share/g/t/+"};
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Recorder me = new Recorder("c" + t);
            int seed = t;
            all.add(pool.submit(() -> {
                java.util.Random random = new java.util.Random(seed);
                for (int i = 0; i < 20_000; i++) {
                    String filter = filters[random.nextInt(filters.length)];
                    if (random.nextBoolean()) {
                        router.subscribe(me, filter, options(1), 0);
                    } else {
                        router.unsubscribe(me, filter);
                    }
                }
            }));
        }
        for (Future<?> one : all) {
            one.get(60, TimeUnit.SECONDS);
        }
        pool.shutdown();

        assertThat(wrong).hasValue(0);
        List<String> local = new ArrayList<>();
        router.forEachLocalFilter(local::add);
        assertThat(local).containsExactlyInAnyOrderElementsOf(there.keySet());
    }

    private static SubscriptionOptions options(int qos) {
        return SubscriptionOptions.of(QoS.of(qos));
    }

    private static FilterChanges changes(List<String> heard) {
        return new FilterChanges() {
            @Override
            public void added(String filter) {
                heard.add("+" + filter);
            }

            @Override
            public void removed(String filter) {
                heard.add("-" + filter);
            }
        };
    }

    private record RecordingPeer(String node, List<String> forwarded) implements Peer {
        RecordingPeer(String node) {
            this(node, new ArrayList<>());
        }

        @Override
        public boolean forward(Message message, boolean plain, List<String> shared) {
            forwarded.add(plain + " " + shared);
            return !message.topic().startsWith("full/");
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
