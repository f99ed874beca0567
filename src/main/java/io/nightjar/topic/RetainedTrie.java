package io.nightjar.topic;

import io.nightjar.mqtt.Topics;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map.Entry;
import java.util.NoSuchElementException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Values by Topic Name, found by Topic Filter: what retained messages stand in.
 *
 * <p>The trie is laid flat: one ordered map whose order puts {@code /} before every other character, so that a branch
 * is one unbroken range of keys, and a walk leaves a branch that cannot match with one seek to the end of its range.
 * That makes iteration lazy and weakly consistent for nothing, and leaves no empty nodes to remove. A hash map beside
 * it serves one topic, since most writes replace what a topic has: that touches the ordered map not at all. Reading
 * takes no lock; writing locks one bin of the hash map.
 */
public final class RetainedTrie<V> {
    /** Level by level: {@code /} sorts before every other character. */
    static final Comparator<String> BY_LEVELS = RetainedTrie::compareByLevels;

    private final ConcurrentHashMap<String, Slot<V>> byTopic = new ConcurrentHashMap<>();

    /** The same slots in order; changed under the topic's lock in {@link #byTopic}. */
    private final ConcurrentSkipListMap<String, Slot<V>> ordered = new ConcurrentSkipListMap<>(BY_LEVELS);

    private final ToLongFunction<V> bytesOf;
    private final LongAdder count = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    /** @param bytesOf what a value adds to {@link #bytes()}; the same at each call for one value */
    public RetainedTrie(ToLongFunction<V> bytesOf) {
        this.bytesOf = bytesOf;
    }

    public @Nullable V get(String topic) {
        Slot<V> slot = byTopic.get(topic);
        return slot == null ? null : slot.value;
    }

    /** Sets a topic's value; answers the one before. */
    public @Nullable V put(String topic, V value) {
        Before<V> before = new Before<>();
        byTopic.compute(topic, (key, slot) -> {
            if (slot != null) {
                before.value = slot.value;
                slot.value = value;
                return slot;
            }
            Slot<V> made = new Slot<>(value);
            ordered.put(topic, made);
            return made;
        });
        account(before.value, -1);
        account(value, 1);
        return before.value;
    }

    public @Nullable V remove(String topic) {
        Before<V> before = new Before<>();
        byTopic.computeIfPresent(topic, (key, slot) -> {
            before.value = slot.value;
            ordered.remove(topic);
            return null;
        });
        account(before.value, -1);
        return before.value;
    }

    /** How many topics have a value. */
    public long count() {
        return count.sum();
    }

    /** The sum of all values' bytes. */
    public long bytes() {
        return bytes.sum();
    }

    /** All values in topic order; weakly consistent. */
    public Iterator<V> all() {
        return new Values<>(ordered.values().iterator());
    }

    /**
     * The values of all topics that a valid unshared filter matches, in topic order, found while iterating. Values put
     * or removed meanwhile may or may not be seen.
     */
    public Iterator<V> match(String filter) {
        if (Topics.hasWildcard(filter)) {
            return new Values<>(new Walk<>(ordered, filter));
        }
        V only = get(filter);
        return only == null ? Collections.emptyIterator() : List.of(only).iterator();
    }

    private void account(@Nullable V value, int sign) {
        if (value != null) {
            count.add(sign);
            bytes.add(sign * bytesOf.applyAsLong(value));
        }
    }

    private static int compareByLevels(String a, String b) {
        int shorter = Math.min(a.length(), b.length());
        for (int i = 0; i < shorter; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                return x == '/' ? -1 : y == '/' ? 1 : x - y;
            }
        }
        return a.length() - b.length();
    }

    /** Walks the topics that a filter matches and seeks past the others. One thread. */
    static final class Walk<V> implements Iterator<V> {
        /** The first key after all that begin with {@code $}. */
        private static final String AFTER_DOLLAR = "%";

        /** How many keys to step over before a seek is cheaper. */
        private static final int STEPS = 3;

        private final ConcurrentNavigableMap<String, V> values;
        private final String[] levels;

        /** The literal levels from each level of the filter to the next wildcard, joined. */
        private final String[] literals;

        private Iterator<Entry<String, V>> keys;
        private @Nullable V next;

        /** The least topic that may match next, null if none can. */
        private @Nullable String seek = "";

        private int looked;

        Walk(ConcurrentNavigableMap<String, V> values, String filter) {
            this.values = values;
            this.levels = split(filter);
            this.literals = literals(levels);
            this.keys = values.tailMap(literals[0]).entrySet().iterator();
            advance();
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public V next() {
            V found = next;
            if (found == null) {
                throw new NoSuchElementException();
            }
            advance();
            return found;
        }

        /** Topics looked at so far; for tests. */
        int looked() {
            return looked;
        }

        private void advance() {
            next = null;
            seek = "";
            while (seek != null) {
                Entry<String, V> entry = from(seek);
                if (entry == null) {
                    return;
                }
                looked++;
                if (matches(entry.getKey())) {
                    next = entry.getValue();
                    return;
                }
            }
            keys = Collections.emptyIterator();
        }

        /** The first entry not before a topic: by a few steps if it is near, else by a seek. */
        private @Nullable Entry<String, V> from(String topic) {
            for (int i = 0; i < STEPS && keys.hasNext(); i++) {
                Entry<String, V> entry = keys.next();
                if (BY_LEVELS.compare(entry.getKey(), topic) >= 0) {
                    return entry;
                }
            }
            if (keys.hasNext()) {
                keys = values.tailMap(topic).entrySet().iterator();
            }
            return keys.hasNext() ? keys.next() : null;
        }

        /** Whether the filter matches a topic; if not, seeks the least later topic that it may match. */
        private boolean matches(String topic) {
            int start = 0;
            int lastPlusEnd = -1;
            for (int i = 0; i < levels.length; i++) {
                if (i == 0 && topic.startsWith("$") && isWildcard(levels[0])) {
                    seek = AFTER_DOLLAR; // [5.0/4.7.2-1]
                    return false;
                } else if (levels[i].equals("#")) {
                    return true; // start may be past the end: "a/#" matches "a"
                } else if (start > topic.length()) {
                    seek = topic + "/" + literals[i];
                    return false;
                }
                int slash = topic.indexOf('/', start);
                int end = slash < 0 ? topic.length() : slash;
                int order = levels[i].equals("+") ? 0 : compareLevel(topic, start, end, levels[i]);
                if (order < 0) {
                    seek = topic.substring(0, start) + literals[i];
                    return false;
                } else if (order > 0) {
                    seek = lastPlusEnd < 0 ? null : past(topic, lastPlusEnd);
                    return false;
                }
                lastPlusEnd = levels[i].equals("+") ? end : lastPlusEnd;
                start = end + 1;
            }
            seek = past(topic, start - 1);
            return start > topic.length();
        }

        /** Before every topic that begins with this one's first characters and is not below them. */
        private static String past(String topic, int end) {
            return topic.substring(0, end) + '\0';
        }

        private static int compareLevel(String topic, int start, int end, String level) {
            int shorter = Math.min(end - start, level.length());
            for (int i = 0; i < shorter; i++) {
                int order = topic.charAt(start + i) - level.charAt(i);
                if (order != 0) {
                    return order;
                }
            }
            return end - start - level.length();
        }

        private static String[] split(String filter) {
            List<String> all = new ArrayList<>();
            int start = 0;
            for (int slash; (slash = filter.indexOf('/', start)) >= 0; start = slash + 1) {
                all.add(filter.substring(start, slash));
            }
            all.add(filter.substring(start));
            return all.toArray(String[]::new);
        }

        private static String[] literals(String[] levels) {
            String[] runs = new String[levels.length];
            for (int i = 0; i < levels.length; i++) {
                runs[i] = "";
            }
            for (int i = levels.length - 1; i >= 0; i--) {
                boolean more = i + 1 < levels.length && !isWildcard(levels[i + 1]);
                runs[i] = isWildcard(levels[i]) ? "" : more ? levels[i] + "/" + runs[i + 1] : levels[i];
            }
            return runs;
        }

        private static boolean isWildcard(String level) {
            return level.equals("+") || level.equals("#");
        }
    }

    /** What one topic has; both maps hold the same one. */
    private static final class Slot<V> {
        volatile V value;

        Slot(V value) {
            this.value = value;
        }
    }

    private static final class Before<V> {
        @Nullable
        V value;
    }

    /** The values in slots, read when asked for; cannot remove. */
    private record Values<V>(Iterator<Slot<V>> slots) implements Iterator<V> {
        @Override
        public boolean hasNext() {
            return slots.hasNext();
        }

        @Override
        public V next() {
            return slots.next().value;
        }
    }
}
