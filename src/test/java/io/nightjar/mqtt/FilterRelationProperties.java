package io.nightjar.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The two relations say what matching topics says. */
class FilterRelationProperties {
    @Property
    void a_topic_that_both_filters_match_means_overlap(
            @ForAll("filters") String one, @ForAll("filters") String other, @ForAll("topics") String topic) {
        if (Topics.matches(one, topic) && Topics.matches(other, topic)) {
            assertThat(FilterRelation.overlap(one, other)).isTrue();
        }
    }

    @Property
    void a_covering_filter_matches_all_that_the_covered_one_matches(
            @ForAll("filters") String wide, @ForAll("filters") String narrow, @ForAll("topics") String topic) {
        if (FilterRelation.covers(wide, narrow) && Topics.matches(narrow, topic)) {
            assertThat(Topics.matches(wide, topic)).isTrue();
        }
    }

    @Property
    void overlap_has_no_direction_and_coverage_means_overlap(
            @ForAll("filters") String one, @ForAll("filters") String other) {
        assertThat(FilterRelation.overlap(one, other)).isEqualTo(FilterRelation.overlap(other, one));
        assertThat(FilterRelation.covers(one, one)).isTrue();
        if (FilterRelation.covers(one, other)) {
            assertThat(FilterRelation.overlap(one, other)).isTrue();
        }
    }

    @Provide
    Arbitrary<String> filters() {
        Arbitrary<String> levels = Arbitraries.of("a", "b", "", "$x", "+");
        Arbitrary<List<String>> heads = levels.list().ofMaxSize(3);
        return net.jqwik.api.Combinators.combine(heads, Arbitraries.of("a", "b", "+", "#"))
                .as((head, last) -> head.isEmpty() ? last : String.join("/", head) + "/" + last);
    }

    @Provide
    Arbitrary<String> topics() {
        return Arbitraries.of("a", "b", "", "$x")
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(levels -> String.join("/", levels))
                .filter(topic -> !topic.isEmpty());
    }
}
