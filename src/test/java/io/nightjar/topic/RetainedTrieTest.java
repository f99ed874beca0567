package io.nightjar.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RetainedTrieTest {
    private final RetainedTrie<String> trie = new RetainedTrie<>(String::length);

    @Test
    void count_and_bytes_follow_puts_and_removals() {
        assertThat(trie.put("a", "12345")).isNull();
        assertThat(trie.put("b", "1")).isNull();
        assertThat(trie.put("a", "12")).isEqualTo("12345");
        assertThat(trie.count()).isEqualTo(2);
        assertThat(trie.bytes()).isEqualTo(3);

        assertThat(trie.remove("a")).isEqualTo("12");
        assertThat(trie.remove("a")).isNull();
        assertThat(trie.get("b")).isEqualTo("1");
        assertThat(trie.count()).isEqualTo(1);
        assertThat(trie.bytes()).isEqualTo(1);
    }

    @Test
    void branches_that_cannot_match_are_left_with_one_seek() {
        ConcurrentSkipListMap<String, String> values = new ConcurrentSkipListMap<>(RetainedTrie.BY_LEVELS);
        for (int x = 0; x < 50; x++) {
            for (int y = 0; y < 400; y++) {
                values.put("a/" + x + "/b" + y + "/deep", "");
            }
            values.put("a/" + x + "/c", "a/" + x + "/c");
            values.put("other/" + x, "");
        }

        RetainedTrie.Walk<String> walk = new RetainedTrie.Walk<>(values, "a/+/c");
        int found = 0;
        for (; walk.hasNext(); found++) {
            assertThat(walk.next()).endsWith("/c");
        }

        assertThat(found).isEqualTo(50);
        assertThat(walk.looked()).isLessThanOrEqualTo(3 * 50 + 3);
    }

    @Test
    void an_exact_filter_looks_at_two_topics_at_most() {
        ConcurrentSkipListMap<String, String> values = new ConcurrentSkipListMap<>(RetainedTrie.BY_LEVELS);
        for (int i = 0; i < 10_000; i++) {
            values.put("a/" + i, "");
        }

        RetainedTrie.Walk<String> walk = new RetainedTrie.Walk<>(values, "a/777");

        walk.next();
        assertThat(walk.hasNext()).isFalse();
        assertThat(walk.looked()).isLessThanOrEqualTo(2);
    }

    @Test
    void iterating_goes_on_while_topics_come_and_go() {
        for (int i = 0; i < 1000; i++) {
            trie.put("a/" + i, "x");
        }
        Iterator<String> all = trie.match("a/+");

        int seen = 0;
        for (int i = 0; all.hasNext(); i++) {
            all.next();
            seen++;
            trie.remove("a/" + i);
            trie.put("b/" + i, "x");
        }

        assertThat(seen).isPositive();
    }

    @Test
    void both_views_agree_after_threads_put_and_remove_the_same_topics() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Random random = new Random(t);
            all.add(pool.submit(() -> {
                for (int i = 0; i < 20_000; i++) {
                    String topic = "t/" + random.nextInt(20);
                    if (random.nextBoolean()) {
                        trie.put(topic, topic);
                    } else {
                        trie.remove(topic);
                    }
                }
            }));
        }
        for (Future<?> one : all) {
            one.get(60, TimeUnit.SECONDS);
        }
        pool.shutdown();

        List<String> found = toList(trie.match("t/+"));
        assertThat(found).doesNotHaveDuplicates().hasSize((int) trie.count());
        assertThat(found).allSatisfy(topic -> assertThat(trie.get(topic)).isEqualTo(topic));
        assertThat(trie.bytes())
                .isEqualTo(found.stream().mapToLong(String::length).sum());
    }

    @Test
    void the_deepest_topic_and_filter_are_no_danger() {
        String topic = "/".repeat(65_534);
        trie.put(topic, topic);

        assertThat(toList(trie.match("+" + "/+".repeat(65_534)))).containsExactly(topic);
        assertThat(toList(trie.match("#"))).containsExactly(topic);
    }

    static List<String> toList(Iterator<String> all) {
        List<String> list = new ArrayList<>();
        all.forEachRemaining(list::add);
        return list;
    }
}
