package io.nightjar.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The walk against the obvious model: every topic compared with {@link Topics#matches}. */
class RetainedTrieProperties {
    @Property(tries = 1000)
    void it_finds_exactly_the_topics_that_the_filter_matches(
            @ForAll("topics") Set<String> topics, @ForAll("filters") String filter) {
        RetainedTrie<String> tried = new RetainedTrie<>(String::length);
        topics.forEach(topic -> tried.put(topic, topic));

        List<String> expected = new ArrayList<>();
        topics.stream().filter(topic -> Topics.matches(filter, topic)).forEach(expected::add);
        expected.sort(RetainedTrie.BY_LEVELS);

        assertThat(RetainedTrieTest.toList(tried.match(filter))).containsExactlyElementsOf(expected);
    }

    @Provide
    Arbitrary<Set<String>> topics() {
        return Arbitraries.of("", "a", "b", "ab", "a!", "$a", "$", "\u00e9")
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(levels -> String.join("/", levels))
                .filter(topic -> !topic.isEmpty())
                .set()
                .ofMaxSize(40)
                .map(TreeSet::new);
    }

    @Provide
    Arbitrary<String> filters() {
        return SubscriptionTrieProperties.filters().map(Topics::matchFilter);
    }
}
