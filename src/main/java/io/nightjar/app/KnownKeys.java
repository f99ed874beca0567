package io.nightjar.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Tells keys that Nightjar knows from misspelled ones. What it knows is what the defaults name. */
final class KnownKeys {
    private static final List<String> ROOT = List.of("nightjar");
    private static final List<String> LISTENERS = List.of("nightjar", "listeners");

    private final Config defaults;
    private final TreeSet<String> names = new TreeSet<>(); // of values and of blocks

    private KnownKeys(Config defaults) {
        this.defaults = defaults;
        for (Map.Entry<String, ConfigValue> entry : defaults.entrySet()) {
            String name = entry.getKey();
            for (int end = name.length(); end > 0; end = name.lastIndexOf('.', end - 1)) {
                names.add(name.substring(0, end));
            }
        }
    }

    static KnownKeys of(Config defaults) {
        return new KnownKeys(defaults);
    }

    /** Adds an error for each key below {@code nightjar} that is not known; gives back {@code given} without them. */
    Config check(Config given, List<String> errors) {
        ConfigValue root = given.root().get("nightjar");
        return root == null ? given : checked(given, ROOT, root, errors);
    }

    private Config checked(Config given, List<String> path, ConfigValue value, List<String> errors) {
        ConfigValue known = known(path);
        String key = ConfigUtil.joinPath(path);
        if (known == null) {
            errors.add(key + where(value) + ": there is no such setting" + suggestion(key));
            return given.withoutPath(key);
        }
        boolean block = known instanceof ConfigObject;
        if (block && !(value instanceof ConfigObject)) {
            errors.add(key + where(value) + ": this is a block of settings, not a value: " + key + " { ... }");
            return given.withoutPath(key);
        } else if (!block) {
            return leaf(given, key, known, value, errors);
        }
        Config left = given;
        for (Map.Entry<String, ConfigValue> entry : ((ConfigObject) value).entrySet()) {
            List<String> child = new ArrayList<>(path);
            child.add(entry.getKey());
            left = checked(left, child, entry.getValue(), errors);
        }
        return left;
    }

    private static Config leaf(Config given, String key, ConfigValue known, ConfigValue value, List<String> errors) {
        // list.0 = x on a command line makes a block out of a list
        boolean listByIndex = known instanceof ConfigList
                && value instanceof ConfigObject items
                && items.keySet().stream().allMatch(name -> name.matches("\\d+"));
        if (value instanceof ConfigObject && !listByIndex) {
            errors.add(key + where(value) + ": this is one value, not a block of settings");
            return given.withoutPath(key);
        } else if (value.valueType() == ConfigValueType.NULL) {
            errors.add(key + where(value) + ": has no value; leave the line out for the default");
            return given.withoutPath(key);
        }
        return given;
    }

    /** The default at a path; every listener looks like the default one. */
    private @Nullable ConfigValue known(List<String> path) {
        List<String> template = path;
        int name = LISTENERS.size() + 1; // behind the transport
        if (path.size() > name && path.subList(0, LISTENERS.size()).equals(LISTENERS)) {
            template = new ArrayList<>(path);
            template.set(name, "default");
            if (path.size() > name + 2 && path.get(name + 1).equals("mqtt")) {
                String limit = path.get(name + 2);
                template = MqttLoader.NOT_BY_LISTENER.contains(limit) ? template : List.of("nightjar", "mqtt", limit);
            }
        }
        String key = ConfigUtil.joinPath(template);
        return defaults.hasPathOrNull(key) ? defaults.getValue(key) : null;
    }

    private static String where(ConfigValue value) {
        String origin = value.origin().description();
        return " (" + (origin.startsWith("withValue(") ? "command line" : origin) + ")";
    }

    private String suggestion(String key) {
        String best = null;
        int least = Integer.MAX_VALUE;
        for (String name : names) {
            int distance = Math.min(distance(key, name), distance(last(key), last(name)) + 1);
            if (distance < least) {
                least = distance;
                best = name;
            }
        }
        boolean near = best != null && least <= Math.max(2, last(key).length() / 3 + 1);
        return near ? "; did you mean " + best + "?" : "; conf/nightjar.conf lists them all";
    }

    private static String last(String key) {
        return key.substring(key.lastIndexOf('.') + 1);
    }

    /** Levenshtein's distance: single characters to add, drop or change. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
