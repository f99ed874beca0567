package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is remembered of topics that traces were asked about. */
class TopicAnswersTest {
    private final List<String> compared = new ArrayList<>();
    private final TopicAnswers answers = new TopicAnswers(topic -> {
        compared.add(topic);
        return topic.startsWith("plant/");
    });

    @Test
    void a_message_for_many_subscribers_is_compared_with_the_filters_once() {
        for (int i = 0; i < 1000; i++) {
            assertThat(answers.wants("plant/7/temp")).isTrue();
            assertThat(answers.wants("office/light")).isFalse();
        }

        assertThat(compared).containsExactly("plant/7/temp", "office/light");
    }

    @Test
    void topics_that_share_a_place_get_each_its_own_answer() {
        String mine = "plant/Aa";
        String other = mine.replace("Aa", "BB"); // the same hash
        assertThat(other).hasSameHashCodeAs(mine);

        for (int i = 0; i < 3; i++) {
            assertThat(answers.wants(mine)).isTrue();
            assertThat(answers.wants(other)).isTrue();
            assertThat(answers.wants("office/Aa")).isFalse();
            assertThat(answers.wants("office/BB")).isFalse();
        }
    }

    @Test
    void more_topics_than_places_are_all_answered_right() {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 4 * TopicAnswers.SLOTS; i++) {
                assertThat(answers.wants("plant/" + i)).isTrue();
                assertThat(answers.wants("office/" + i)).isFalse();
            }
        }
    }

    @Test
    void a_topic_as_long_as_a_client_likes_is_not_kept() {
        String longest = "plant/" + "x".repeat(TopicAnswers.LONGEST - 6);
        String tooLong = longest + "x";

        answers.wants(longest);
        answers.wants(longest);
        answers.wants(tooLong);
        answers.wants(tooLong);

        assertThat(compared).containsExactly(longest, tooLong, tooLong);
    }
}
