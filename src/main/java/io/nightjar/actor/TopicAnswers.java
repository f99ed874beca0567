package io.nightjar.actor;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Remembers of topics whether a trace wants them, since a message for a hundred thousand subscribers asks for each: then
 * the filters are compared once, and each further question is a look into a table by the topic's hash. It holds the last
 * topic of each of {@value #SLOTS} slots; topics longer than {@value #LONGEST} characters are asked anew each time, so
 * that nobody fills it with text.
 *
 * <p>Thread-safe without a lock: an answer is immutable, and whoever does not see another thread's asks again.
 */
final class TopicAnswers {
    /** A power of two. */
    static final int SLOTS = 1024;

    static final int LONGEST = 256;

    private final Predicate<String> filters;
    private final @Nullable Answer[] slots = new @Nullable Answer[SLOTS];

    private record Answer(String topic, boolean wanted) {}

    /** @param filters gives the same answer for a topic each time */
    TopicAnswers(Predicate<String> filters) {
        this.filters = filters;
    }

    boolean wants(String topic) {
        int hash = topic.hashCode();
        int slot = (hash ^ hash >>> 16) & SLOTS - 1;
        Answer known = slots[slot];
        if (known != null && known.topic.equals(topic)) {
            return known.wanted;
        }
        boolean wanted = filters.test(topic);
        if (topic.length() <= LONGEST) {
            slots[slot] = new Answer(topic, wanted);
        }
        return wanted;
    }
}
