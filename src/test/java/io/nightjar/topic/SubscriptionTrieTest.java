package io.nightjar.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.topic.SubscriptionTrie.Added;
import io.nightjar.topic.SubscriptionTrie.Removed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionTrieTest {
    private static final SubscriptionOptions QOS1 = SubscriptionOptions.of(QoS.AT_LEAST_ONCE);

    private final SubscriptionTrie<String> trie = new SubscriptionTrie<>();

    @ParameterizedTest
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/c, false",
        "a/#, a, true",
        "a/#, a/b/c, true",
        "a/#, ab, false",
        "a/+, a/, true",
        "a/+, a, false",
        "+/+, /b, true",
        "+, /b, false",
        "/+, /b, true",
        "+/b/#, a/b, true",
        "a/+/#, a, false",
        "a/+/#, a/b, true",
        "a//+, a//c, true",
        "#, $SYS/x, false",
        "+/x, $SYS/x, false",
        "$SYS/#, $SYS/x, true",
        "$SYS/+, $SYS/x, true",
        "+/$SYS, a/$SYS, true",
        "$share/g/#, $SYS/x, false",
        "$share/g/+/x, $SYS/x, false",
        "$share/g/$SYS/#, $SYS/x, true",
        "$share/g//f, /f, true",
        "$share/g/a/#, a, true"
    })
    @Normative({"5.0/4.7.1-1", "5.0/4.7.1-2", "5.0/4.7.3-4", "5.0/4.8.2-2"})
    @OftenWrong(40)
    void filters_match_as_the_standard_says(String filter, String topic, boolean expected) {
        trie.add(filter, "s", QOS1, 0);

        assertThat(matched(topic).size() == 1).isEqualTo(expected);
    }

    @Test
    void adding_says_whether_filter_and_subscription_are_new() {
        assertThat(trie.add("a", "s1", QOS1, 0)).isEqualTo(Added.FIRST);
        assertThat(trie.add("a", "s1", QOS1, 7)).isEqualTo(Added.REPLACED);
        assertThat(trie.add("a", "s2", QOS1, 0)).isEqualTo(Added.MORE);
        assertThat(trie.add("$share/g/a", "s1", QOS1, 0)).isEqualTo(Added.FIRST);
        assertThat(trie.add("$share/h/a", "s1", QOS1, 0)).isEqualTo(Added.FIRST);
        assertThat(trie.add("$share/h/a", "s2", QOS1, 0)).isEqualTo(Added.MORE);
        assertThat(trie.add("$share/h/a", "s2", QOS1, 9)).isEqualTo(Added.REPLACED);

        assertThat(trie.filters()).isEqualTo(3);
        assertThat(trie.subscriptions()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b/c", "a/+/c", "a/#", "#", "+", "$share/g/a/b", "$share/g/a/+/#"})
    void removing_says_whether_others_are_left_and_leaves_no_node(String filter) {
        trie.add(filter, "s1", QOS1, 0);
        trie.add(filter, "s2", QOS1, 0);

        assertThat(trie.remove(filter, "s3")).isEqualTo(Removed.ABSENT);
        assertThat(trie.remove(filter, "s1")).isEqualTo(Removed.SOME_LEFT);
        assertThat(trie.remove(filter, "s1")).isEqualTo(Removed.ABSENT);
        assertThat(trie.remove(filter, "s2")).isEqualTo(Removed.LAST);
        assertThat(trie.nodes()).isZero();
        assertThat(trie.isEmpty()).isTrue();
        assertThat(trie.filters()).isZero();
        assertThat(trie.subscriptions()).isZero();
    }

    @Test
    void replacing_keeps_one_subscription_with_the_new_options() {
        for (String filter : List.of("a", "a/+")) {
            trie.add(filter, "s", QOS1, 1);
            trie.add(filter, "other", QOS1, 1);
            trie.add(filter, "s", SubscriptionOptions.of(QoS.EXACTLY_ONCE), 2);
        }

        for (String topic : List.of("a", "a/x")) {
            List<Subscription<String>> found = new ArrayList<>();
            trie.match(topic, matched -> matched.forEachPlain(found::add));
            assertThat(found).hasSize(2).contains(new Subscription<>("s", SubscriptionOptions.of(QoS.EXACTLY_ONCE), 2));
        }
    }

    @Test
    void a_match_looks_at_no_node_of_filters_that_cannot_match() {
        trie.add("fleet/+/cmd", "s", QOS1, 0);
        trie.add("fleet/7/#", "s", QOS1, 0);
        int before = trie.matchCounting("fleet/7/cmd", matched -> {});

        for (int i = 0; i < 20_000; i++) {
            trie.add("device/" + i + "/+", "s", QOS1, 0);
            trie.add("fleet/x" + i + "/#", "s", QOS1, 0);
            trie.add("fleet/7/other" + i + "/+", "s", QOS1, 0);
            trie.add("exact/" + i, "s", QOS1, 0);
        }

        assertThat(trie.matchCounting("fleet/7/cmd", matched -> {})).isEqualTo(before);
        assertThat(before).isLessThanOrEqualTo(5);
    }

    @Test
    void a_hundred_thousand_subscribers_of_one_filter_come_and_go() {
        for (int i = 0; i < 100_000; i++) {
            trie.add("news/+", "s" + i, QOS1, 0);
            trie.add("$share/g/news/+", "s" + i, QOS1, 0);
        }
        int[] plain = new int[1];
        trie.match("news/a", matched -> plain[0] += matched.plainCount());
        assertThat(plain[0]).isEqualTo(100_000);
        assertThat(trie.group("$share/g/news/+").size()).isEqualTo(100_000);

        int absent = 0;
        for (int i = 0; i < 100_000; i++) {
            absent += trie.remove("news/+", "s" + i) == Removed.ABSENT ? 1 : 0;
            absent += trie.remove("$share/g/news/+", "s" + i) == Removed.ABSENT ? 1 : 0;
        }
        assertThat(absent).isZero();
        assertThat(trie.nodes()).isZero();
    }

    @Test
    void the_deepest_filter_and_topic_do_not_exhaust_the_stack() {
        String topic = "/".repeat(65_534);
        String filter = "+" + "/+".repeat(65_534);

        trie.add(filter, "s", QOS1, 0);
        trie.add("/".repeat(60_000) + "/#", "s", QOS1, 0);

        assertThat(matched(topic)).containsOnlyKeys("=s").containsEntry("=s", 2);
        List<String> all = new ArrayList<>();
        trie.forEachFilter(all::add);
        assertThat(all).contains(filter).hasSize(2);
        trie.remove(filter, "s");
        trie.remove("/".repeat(60_000) + "/#", "s");
        assertThat(trie.nodes()).isZero();
    }

    @Test
    void all_filters_are_shown_once_as_they_were_given() {
        List<String> filters = List.of(
                "a",
                "/",
                "/a",
                "a/",
                "#",
                "+",
                "/#",
                "/+",
                "a/+/b",
                "a/#",
                "+/#",
                "$share/g/a",
                "$share/g/#",
                "$SYS/#");
        for (String filter : filters) {
            trie.add(filter, "s1", QOS1, 0);
            trie.add(filter, "s2", QOS1, 0);
        }

        List<String> shown = new ArrayList<>();
        trie.forEachFilter(shown::add);
        assertThat(shown).containsExactlyInAnyOrderElementsOf(filters);
        List<String> subscriptions = new ArrayList<>();
        trie.forEach((filter, subscription) -> subscriptions.add(filter));
        assertThat(subscriptions).hasSize(2 * filters.size());
    }

    @Test
    void members_of_a_group_take_turns_and_connected_ones_come_first() {
        for (int i = 0; i < 5; i++) {
            trie.add("$share/g/a", "s" + i, QOS1, 0);
        }
        SharedGroup<String> group = trie.group("$share/g/a");

        Map<String, Integer> turns = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            turns.merge(group.next(s -> true, true).subscriber(), 1, Integer::sum);
        }
        assertThat(turns).hasSize(5).allSatisfy((s, n) -> assertThat(n).isEqualTo(20));

        turns.clear();
        for (int i = 0; i < 100; i++) {
            turns.merge(group.next(s -> s.equals("s2") || s.equals("s4"), true).subscriber(), 1, Integer::sum);
        }
        assertThat(turns).containsEntry("s2", 50).containsEntry("s4", 50);
        assertThat(group.next(s -> false, true)).isNotNull();
        assertThat(group.next(s -> false, false)).isNull();
    }

    @Test
    void no_change_is_lost_when_threads_add_and_remove_along_the_same_nodes() throws Exception {
        int threads = 4;
        int rounds = 4_000;
        String[] filters = {"a/b", "a/+", "a/+/c", "a/#", "a/+/c/#", "+/b", "#", "$share/g/a/+", "$share/g/a/b"};
        ExecutorService pool = Executors.newFixedThreadPool(threads + 1);
        CyclicBarrier start = new CyclicBarrier(threads + 1);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger lost = new AtomicInteger();

        List<Future<TreeSet<String>>> writers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            String me = "s" + t;
            int seed = t;
            writers.add(pool.submit(() -> {
                start.await();
                java.util.Random random = new java.util.Random(seed);
                TreeSet<String> mine = new TreeSet<>();
                for (int i = 0; i < rounds; i++) {
                    String filter = filters[random.nextInt(filters.length)];
                    if (mine.add(filter)) {
                        trie.add(filter, me, QOS1, 0);
                        if (!holds(filter, me)) {
                            lost.incrementAndGet();
                        }
                    } else {
                        mine.remove(filter);
                        if (trie.remove(filter, me) == Removed.ABSENT) {
                            lost.incrementAndGet();
                        }
                    }
                }
                return mine;
            }));
        }
        Future<?> reader = pool.submit(() -> {
            start.await();
            while (!stop.get()) {
                trie.match(
                        "a/b/c",
                        matched -> matched.forEachPlain(
                                s -> assertThat(s.subscriber()).startsWith("s")));
                trie.forEachFilter(filter -> assertThat(filter).isNotEmpty());
            }
            return null;
        });

        List<String> expected = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            for (String filter : writers.get(t).get(60, TimeUnit.SECONDS)) {
                expected.add(filter + "=s" + t);
            }
        }
        stop.set(true);
        reader.get(60, TimeUnit.SECONDS);
        pool.shutdown();
        List<String> there = new ArrayList<>();
        trie.forEach((filter, subscription) -> there.add(filter + "=" + subscription.subscriber()));
        assertThat(lost).hasValue(0);
        assertThat(there).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(trie.subscriptions()).isEqualTo(expected.size());
        for (String entry : expected) {
            trie.remove(entry.substring(0, entry.indexOf('=')), entry.substring(entry.indexOf('=') + 1));
        }
        assertThat(trie.nodes()).isZero();
        assertThat(trie.filters()).isZero();
    }

    private boolean holds(String filter, String subscriber) {
        AtomicBoolean found = new AtomicBoolean();
        SharedGroup<String> group = filter.startsWith("$share/") ? trie.group(filter) : null;
        if (group != null) {
            group.forEach(
                    member -> found.compareAndSet(false, member.subscriber().equals(subscriber)));
            // A member that moves into a gap may be overlooked once.
            return true;
        } else if (filter.startsWith("$share/")) {
            return false;
        }
        trie.forEach((f, s) -> {
            if (f.equals(filter) && s.subscriber().equals(subscriber)) {
                found.set(true);
            }
        });
        return found.get();
    }

    /** Plain matches as "=subscriber", members as "filter=subscriber", with how often. */
    private Map<String, Integer> matched(String topic) {
        Map<String, Integer> all = new HashMap<>();
        trie.match(topic, matched -> {
            matched.forEachPlain(s -> all.merge("=" + s.subscriber(), 1, Integer::sum));
            matched.forEachGroup(
                    group -> group.forEach(s -> all.merge(group.filter() + "=" + s.subscriber(), 1, Integer::sum)));
        });
        return all;
    }
}
