package io.nightjar.load;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** {@code --name value} of a command line; flags have no value. */
final class Options {
    private static final Set<String> FLAGS =
            Set.of("shared", "lose-old", "takeover", "subscribe", "hold-until-eof", "live");
    private static final Set<String> NAMES = Set.of(
            "host",
            "port",
            "version",
            "pid",
            "label",
            "prefix",
            "clients",
            "rounds",
            "hold",
            "pairs",
            "pubs",
            "subs",
            "qos",
            "payload",
            "window",
            "rate",
            "warmup",
            "seconds",
            "drain",
            "max-pending",
            "keep-alive",
            "sources",
            "exact",
            "wildcard",
            "retain",
            "messages",
            "filters",
            "load-rate",
            "take-rate",
            "after",
            "api",
            "user",
            "password");

    private final Map<String, String> values = new LinkedHashMap<>();

    /** @throws IllegalArgumentException with words for the caller */
    Options(String[] args, int from) {
        for (int i = from; i < args.length; i++) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            if (FLAGS.contains(name)) {
                values.put(name, "true");
            } else if (NAMES.contains(name) && i + 1 < args.length) {
                values.put(name, args[++i]);
            } else {
                throw new IllegalArgumentException("unknown option, or one without its value: " + args[i]);
            }
        }
    }

    boolean flag(String name) {
        return values.containsKey(name);
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    int number(String name, int otherwise) {
        String value = values.get(name);
        if (value == null) {
            return otherwise;
        }
        try {
            return Integer.parseInt(value.replace("_", ""));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + " must be a number, not " + value, e);
        }
    }
}
