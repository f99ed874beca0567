package io.nightjar.fuzz;

import static io.nightjar.fuzz.FuzzInput.check;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.Topics;
import io.nightjar.topic.RetainedTrie;
import io.nightjar.topic.SubscriptionTrie;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Subscriptions and retained topics come and go; at every question the tries answer what comparing each filter with each
 * topic, level by level as the standard tells it [5.0/4.7.1, 4.7.2], answers.
 *
 * <p>Input: operations of one byte each, followed by a text of few different characters where they need one.
 */
public final class TopicTarget {
    private static final String[] PARTS = {"/", "/", "a", "b", "+", "#", "$", "", "+/", "/#", "$share/g/", "$SYS/", "é"
    };
    private static final int LEVELS = 12;

    private final SubscriptionTrie<Integer> subscriptions = new SubscriptionTrie<>();
    private final RetainedTrie<String> retained = new RetainedTrie<>(String::length);
    private final Map<String, Map<Integer, Integer>> filters = new HashMap<>();
    private final Set<String> topics = new HashSet<>();
    private final FuzzInput input;

    private TopicTarget(FuzzInput input) {
        this.input = input;
    }

    public static void fuzzerTestOneInput(byte[] data) {
        TopicTarget target = new TopicTarget(new FuzzInput(data));
        for (int step = 0; !target.input.isEmpty() && step < 300; step++) {
            target.step();
        }
        target.removeAll();
    }

    private void step() {
        int operation = input.next(6);
        String text = text();
        boolean filter = Topics.filterFault(text, LEVELS) == null;
        boolean name = Topics.nameFault(text, LEVELS) == null;
        check(filter == isFilter(text), "whether it is a filter: " + text);
        check(name == isName(text), "whether it is a topic: " + text);
        if (operation < 2 && filter) {
            add(text, input.next(4), 1 + input.next(3));
        } else if (operation == 2 && filter) {
            remove(text, input.next(4));
        } else if (operation == 3 && name) {
            check((retained.put(text, text) == null) == topics.add(text), "put tells what was there: " + text);
        } else if (operation == 4 && name) {
            check((retained.remove(text) != null) == topics.remove(text), "remove tells what was there: " + text);
        }
        if (name) {
            matchesOf(text);
        }
        if (filter && !Topics.isShared(text)) {
            retainedOf(text);
        }
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        int parts = 1 + input.next(8);
        for (int i = 0; i < parts; i++) {
            text.append(PARTS[input.next(PARTS.length)]);
        }
        return text.toString();
    }

    private void add(String filter, int subscriber, int identifier) {
        Map<Integer, Integer> held = filters.computeIfAbsent(filter, f -> new HashMap<>());
        boolean first = held.isEmpty();
        boolean replaced = held.put(subscriber, identifier) != null;
        SubscriptionTrie.Added added =
                subscriptions.add(filter, subscriber, SubscriptionOptions.of(QoS.of(subscriber % 3)), identifier);
        check(
                added
                        == (first
                                ? SubscriptionTrie.Added.FIRST
                                : replaced ? SubscriptionTrie.Added.REPLACED : SubscriptionTrie.Added.MORE),
                "add tells what was there: " + filter);
    }

    private void remove(String filter, int subscriber) {
        Map<Integer, Integer> held = filters.getOrDefault(filter, new HashMap<>());
        boolean present = held.remove(subscriber) != null;
        SubscriptionTrie.Removed removed = subscriptions.remove(filter, subscriber);
        check(
                removed
                        == (!present
                                ? SubscriptionTrie.Removed.ABSENT
                                : held.isEmpty() ? SubscriptionTrie.Removed.LAST : SubscriptionTrie.Removed.SOME_LEFT),
                "remove tells what was there: " + filter);
        if (held.isEmpty()) {
            filters.remove(filter);
        }
    }

    private void matchesOf(String topic) {
        List<String> expected = new ArrayList<>();
        filters.forEach((filter, held) -> {
            boolean matches = matches(plain(filter), topic);
            check(matches == Topics.matches(plain(filter), topic), filter + " against " + topic);
            if (matches) {
                held.forEach((subscriber, identifier) ->
                        expected.add((Topics.isShared(filter) ? filter : "") + "=" + subscriber + "#" + identifier));
            }
        });
        List<String> found = new ArrayList<>();
        subscriptions.match(topic, matched -> {
            matched.forEachPlain(s -> found.add("=" + s.subscriber() + "#" + s.identifier()));
            matched.forEachGroup(
                    g -> g.forEach(s -> found.add(g.filter() + "=" + s.subscriber() + "#" + s.identifier())));
        });
        expected.sort(null);
        found.sort(null);
        check(found.equals(expected), topic + " is matched by " + expected + ", found " + found);
    }

    private void retainedOf(String filter) {
        Set<String> found = new HashSet<>();
        for (Iterator<String> all = retained.match(filter); all.hasNext(); ) {
            String topic = all.next();
            check(found.add(topic), "a retained topic comes once: " + topic);
        }
        Set<String> expected = new HashSet<>();
        topics.stream().filter(topic -> matches(filter, topic)).forEach(expected::add);
        check(found.equals(expected), filter + " matches " + expected + ", found " + found);
    }

    private void removeAll() {
        check(subscriptions.filters() == filters.size(), "the filters are counted");
        List<String> all = new ArrayList<>();
        subscriptions.forEachFilter(all::add);
        check(all.size() == filters.size() && filters.keySet().containsAll(all), "every filter is told once");
        check(retained.count() == topics.size(), "the retained topics are counted");
        filters.forEach((filter, held) -> held.keySet().forEach(s -> subscriptions.remove(filter, s)));
        topics.forEach(retained::remove);
        check(subscriptions.isEmpty() && subscriptions.subscriptions() == 0, "nothing of a subscription stays");
        check(retained.count() == 0 && retained.bytes() == 0, "nothing of a retained topic stays");
    }

    // The obvious way

    private static String plain(String filter) {
        return filter.startsWith("$share/") ? filter.split("/", 3)[2] : filter;
    }

    private static boolean isName(String text) {
        return !text.isEmpty() && !hasWildcard(text) && text.split("/", -1).length <= LEVELS;
    }

    private static boolean hasWildcard(String text) {
        return text.contains("+") || text.contains("#");
    }

    private static boolean isFilter(String text) {
        String filter = text;
        if (text.equals("$share") || text.startsWith("$share/")) {
            String[] parts = text.split("/", 3);
            if (parts.length < 3 || parts[1].isEmpty() || hasWildcard(parts[1])) {
                return false;
            }
            filter = parts[2];
        }
        String[] levels = filter.split("/", -1);
        boolean right = !filter.isEmpty() && levels.length <= LEVELS;
        for (int i = 0; i < levels.length; i++) {
            boolean wild = hasWildcard(levels[i]);
            right &= !wild || levels[i].equals("+") || levels[i].equals("#") && i == levels.length - 1;
        }
        return right;
    }

    private static boolean matches(String filter, String topic) {
        if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) {
            return false;
        }
        return matches(filter.split("/", -1), 0, topic.split("/", -1), 0);
    }

    private static boolean matches(String[] filter, int f, String[] topic, int t) {
        if (f == filter.length) {
            return t == topic.length;
        } else if (filter[f].equals("#")) {
            return true;
        } else if (t == topic.length) {
            return false;
        }
        return (filter[f].equals("+") || filter[f].equals(topic[t])) && matches(filter, f + 1, topic, t + 1);
    }
}
