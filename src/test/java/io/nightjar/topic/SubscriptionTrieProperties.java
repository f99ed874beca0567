package io.nightjar.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The trie against the obvious model: a list of filters, each compared with {@link Topics#matches}. */
class SubscriptionTrieProperties {
    record Step(boolean add, String filter, String subscriber, int identifier) {}

    @Property(tries = 600)
    void it_matches_exactly_what_a_list_of_filters_matches(
            @ForAll("steps") List<Step> steps, @ForAll("topics") List<String> topics) {
        SubscriptionTrie<String> trie = new SubscriptionTrie<>();
        Map<String, Integer> model = new HashMap<>();
        for (Step step : steps) {
            String key = step.filter + "=" + step.subscriber;
            if (step.add) {
                boolean replaced = trie.add(
                                step.filter, step.subscriber, SubscriptionOptions.of(QoS.AT_MOST_ONCE), step.identifier)
                        == SubscriptionTrie.Added.REPLACED;
                assertThat(replaced).isEqualTo(model.put(key, step.identifier) != null);
            } else {
                boolean absent = trie.remove(step.filter, step.subscriber) == SubscriptionTrie.Removed.ABSENT;
                assertThat(absent).isEqualTo(model.remove(key) == null);
            }
        }

        for (String topic : topics) {
            List<String> expected = new ArrayList<>();
            model.forEach((key, identifier) -> {
                String filter = key.substring(0, key.indexOf('='));
                String name = key.substring(key.indexOf('=') + 1);
                if (Topics.matches(Topics.matchFilter(filter), topic)) {
                    expected.add((Topics.isShared(filter) ? filter : "") + "=" + name + identifier);
                }
            });
            assertThat(matches(trie, topic)).containsExactlyInAnyOrderElementsOf(expected);
        }
        assertThat(trie.subscriptions()).isEqualTo(model.size());
        assertThat(trie.filters())
                .isEqualTo(model.keySet().stream()
                        .map(key -> key.substring(0, key.indexOf('=')))
                        .distinct()
                        .count());
        model.keySet()
                .forEach(key -> trie.remove(key.substring(0, key.indexOf('=')), key.substring(key.indexOf('=') + 1)));
        assertThat(trie.nodes()).isZero();
    }

    private static List<String> matches(SubscriptionTrie<String> trie, String topic) {
        List<String> found = new ArrayList<>();
        trie.match(topic, matched -> {
            matched.forEachPlain(s -> found.add("=" + s.subscriber() + s.identifier()));
            matched.forEachGroup(g -> g.forEach(s -> found.add(g.filter() + "=" + s.subscriber() + s.identifier())));
        });
        return found;
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.frequencyOf(
                                net.jqwik.api.Tuple.of(3, Arbitraries.just(true)),
                                net.jqwik.api.Tuple.of(1, Arbitraries.just(false))),
                        filters(),
                        Arbitraries.integers().between(0, 30).map(i -> "s" + i + ":"),
                        Arbitraries.integers().between(0, 3))
                .as(Step::new)
                .list()
                .ofMaxSize(80);
    }

    @Provide
    Arbitrary<List<String>> topics() {
        return Arbitraries.of("", "a", "b", "ab", "$a", "$")
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(levels -> String.join("/", levels))
                .filter(topic -> !topic.isEmpty())
                .list()
                .ofSize(8);
    }

    static Arbitrary<String> filters() {
        Arbitrary<String> plain = Combinators.combine(
                        Arbitraries.of("", "a", "b", "ab", "+", "+", "$a", "$")
                                .list()
                                .ofMinSize(1)
                                .ofMaxSize(4),
                        Arbitraries.of(true, false, false))
                .as((levels, below) -> String.join("/", levels) + (below ? "/#" : ""))
                .map(filter -> filter.isEmpty() || filter.equals("/#") ? "#" : filter);
        return Combinators.combine(Arbitraries.of("", "", "$share/g/", "$share/h/"), plain)
                .as(String::concat);
    }
}
