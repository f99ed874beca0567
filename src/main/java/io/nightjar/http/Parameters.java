package io.nightjar.http;

import java.time.ZoneId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The query of a call. Every name is known to the route; a value is checked when it is asked for, and a wrong one is a
 * 400 that names the parameter and what it may be.
 */
final class Parameters {
    private final Map<String, List<String>> values;

    private Parameters(Map<String, List<String>> values) {
        this.values = values;
    }

    /** @param repeatable the names that may stand more than once */
    static Parameters of(Map<String, List<String>> query, Collection<String> allowed, Collection<String> repeatable) {
        for (Map.Entry<String, List<String>> entry : query.entrySet()) {
            String name = entry.getKey();
            if (!allowed.contains(name)) {
                throw ApiException.badRequest("unknown parameter " + Text.quote(name)
                        + (allowed.isEmpty()
                                ? "; this call takes no parameters"
                                : "; allowed are " + String.join(", ", allowed)));
            }
            if (entry.getValue().size() > 1 && !repeatable.contains(name)) {
                throw ApiException.badRequest("parameter " + name + " stands more than once; give it one value");
            }
        }
        return new Parameters(query);
    }

    Map<String, List<String>> all() {
        return values;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    List<String> list(String name) {
        return values.getOrDefault(name, List.of());
    }

    @Nullable
    String text(String name) {
        List<String> list = list(name);
        return list.isEmpty() ? null : list.get(0);
    }

    String text(String name, String otherwise) {
        String value = text(name);
        return value == null ? otherwise : value;
    }

    long number(String name, long otherwise, long min, long max) {
        String value = text(name);
        if (value == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw notBetween(name, value, min, max);
        }
        throw notBetween(name, value, min, max);
    }

    private static ApiException notBetween(String name, String value, long min, long max) {
        return ApiException.badRequest("parameter " + name + " must be a whole number from " + min + " to " + max
                + ", not " + Text.quote(value));
    }

    boolean flag(String name) {
        return Boolean.parseBoolean(word(name, "false", List.of("true", "false")));
    }

    /** One word of a closed list. */
    String word(String name, String otherwise, List<String> words) {
        String value = text(name);
        if (value == null) {
            return otherwise;
        }
        if (!words.contains(value)) {
            throw ApiException.badRequest(
                    "parameter " + name + " must be one of " + String.join(", ", words) + ", not " + Text.quote(value));
        }
        return value;
    }

    /** Milliseconds since 1970, or null if it is missing. */
    @Nullable
    Long time(String name, ZoneId zone) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        Long millis = Times.parse(value);
        if (millis == null) {
            throw ApiException.badRequest("parameter " + name + " must be a time like "
                    + Times.format(1_700_000_000_000L, zone) + " or seconds since 1970, not " + Text.quote(value)
                    + (value.indexOf(' ') >= 0 ? " (write + as %2B)" : ""));
        }
        return millis;
    }
}
