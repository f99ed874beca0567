package io.nightjar.mqtt;

import org.jspecify.annotations.Nullable;

/** The rules for Topic Names and Topic Filters [5.0/4.7, 4.8.2]. Comparison is character by character. */
public final class Topics {
    public static final String SHARE_PREFIX = "$share/";

    private Topics() {}

    /** What is wrong with a Topic Name, in words, or null if nothing [5.0/3.3.2-2, 4.7.3-1]. */
    public static @Nullable String nameFault(String name, int maxLevels) {
        if (name.isEmpty()) {
            return "the topic name is empty";
        }
        int levels = 1;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '+' || c == '#') {
                return "the topic name has the wildcard '" + c + "' at character " + i;
            } else if (c == 0) {
                return "the topic name has U+0000 at character " + i;
            } else if (c == '/' && ++levels > maxLevels) {
                return "the topic name has more than " + maxLevels + " levels";
            }
        }
        return null;
    }

    /**
     * What is wrong with a Topic Filter.
     *
     * @param problem in words
     * @param rule the statement of MQTT 5 that it breaks, null for a limit of ours
     * @param rule311 that of MQTT 3.1.1, which has no shared subscriptions
     */
    public record Fault(String problem, @Nullable String rule, @Nullable String rule311) {}

    /** What is wrong with a Topic Filter, shared or not, or null if nothing [5.0/4.7.1-1, -2, 4.8.2-1, -2]. */
    public static @Nullable Fault filterFault(String filter, int maxLevels) {
        if (filter.startsWith(SHARE_PREFIX)) {
            int slash = filter.indexOf('/', SHARE_PREFIX.length());
            String group = filter.substring(SHARE_PREFIX.length(), slash < 0 ? filter.length() : slash);
            if (group.isEmpty()) {
                return shareFault("a shared subscription is $share/{name}/{filter}; the name is empty", "5.0/4.8.2-1");
            } else if (hasWildcard(group)) {
                return shareFault("the name of a shared subscription must not have a wildcard", "5.0/4.8.2-2");
            } else if (slash < 0 || slash == filter.length() - 1) {
                return shareFault(
                        "a shared subscription is $share/{name}/{filter}; the filter is missing", "5.0/4.8.2-2");
            }
            return plainFilterFault(filter.substring(slash + 1), maxLevels);
        } else if (filter.equals("$share")) {
            return shareFault(
                    "a shared subscription is $share/{name}/{filter}; name and filter are missing", "5.0/4.8.2-1");
        }
        return plainFilterFault(filter, maxLevels);
    }

    private static Fault shareFault(String problem, String rule) {
        return new Fault(problem, rule, rule);
    }

    private static @Nullable Fault plainFilterFault(String filter, int maxLevels) {
        if (filter.isEmpty()) {
            return new Fault("the topic filter is empty", "5.0/4.7.3-1", "311/4.7.3-1");
        }
        int levels = 1;
        int last = filter.length() - 1;
        for (int i = 0; i <= last; i++) {
            char c = filter.charAt(i);
            boolean first = i == 0 || filter.charAt(i - 1) == '/';
            if (c == 0) {
                return new Fault("the topic filter has U+0000 at character " + i, "5.0/4.7.3-2", "311/4.7.3-2");
            } else if (c == '/' && ++levels > maxLevels) {
                return new Fault("the topic filter has more than " + maxLevels + " levels", null, null);
            } else if (c == '#' && (i != last || !first)) {
                return new Fault("'#' must be the last level of its own, character " + i, "5.0/4.7.1-1", "311/4.7.1-2");
            } else if (c == '+' && (!first || i < last && filter.charAt(i + 1) != '/')) {
                return new Fault("'+' must be a level of its own, character " + i, "5.0/4.7.1-2", "311/4.7.1-3");
            }
        }
        return null;
    }

    public static boolean isShared(String filter) {
        return filter.startsWith(SHARE_PREFIX);
    }

    /** Group name of a valid shared filter. */
    public static String shareGroup(String filter) {
        return filter.substring(SHARE_PREFIX.length(), filter.indexOf('/', SHARE_PREFIX.length()));
    }

    /** The filter that topics are matched with: the part after the group if shared. */
    public static String matchFilter(String filter) {
        return isShared(filter) ? filter.substring(filter.indexOf('/', SHARE_PREFIX.length()) + 1) : filter;
    }

    /** Whether a Topic Name is one that the broker itself publishes to, and nobody else: {@code $SYS} and below. */
    public static boolean isSystem(String topic) {
        return topic.startsWith("$SYS") && (topic.length() == 4 || topic.charAt(4) == '/');
    }

    public static boolean hasWildcard(String filter) {
        return filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
    }

    /** Whether a valid unshared filter matches a topic name; leading wildcards spare {@code $} topics [5.0/4.7.2-1]. */
    public static boolean matches(String filter, String topic) {
        if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) {
            return false;
        }
        int f = 0;
        int t = 0;
        while (true) {
            int filterEnd = end(filter, f);
            if (filterEnd - f == 1 && filter.charAt(f) == '#') {
                return true;
            }
            int topicEnd = end(topic, t);
            boolean plus = filterEnd - f == 1 && filter.charAt(f) == '+';
            if (!plus && (filterEnd - f != topicEnd - t || !filter.regionMatches(f, topic, t, topicEnd - t))) {
                return false;
            }
            boolean filterDone = filterEnd == filter.length();
            boolean topicDone = topicEnd == topic.length();
            if (topicDone) {
                return filterDone || filter.length() == filterEnd + 2 && filter.charAt(filterEnd + 1) == '#';
            } else if (filterDone) {
                return false;
            }
            f = filterEnd + 1;
            t = topicEnd + 1;
        }
    }

    private static int end(String text, int from) {
        int slash = text.indexOf('/', from);
        return slash < 0 ? text.length() : slash;
    }
}
