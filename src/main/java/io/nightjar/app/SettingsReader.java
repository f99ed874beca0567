package io.nightjar.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads single values, checks their range and collects what is wrong instead of stopping at the first. A value that is
 * wrong reads as the lowest legal one, so that reading goes on; nobody sees it, for the errors end the start.
 */
final class SettingsReader {
    private static final Pattern SECRET = Pattern.compile(".*(password|secret|token)");

    private final Config config;
    private final List<String> errors;

    SettingsReader(Config config, List<String> errors) {
        this.config = config;
        this.errors = errors;
    }

    Config config() {
        return config;
    }

    /** Says that the value at a key is wrong; {@code right} completes "must be". */
    void wrong(String key, String right) {
        errors.add(key + " = " + shown(key) + " (" + origin(key) + "): must be " + right);
    }

    /** Says what is wrong in whole words. */
    void error(String key, String problem) {
        errors.add(key + " = " + shown(key) + " (" + origin(key) + "): " + problem);
    }

    /** Says what is wrong where the key alone does not tell. */
    void failed(String message) {
        errors.add(message);
    }

    int integer(String key, int min, int max) {
        return (int) integral(key, min, max);
    }

    private long integral(String key, long min, long max) {
        try {
            double number = config.getDouble(key); // getLong would cut 1.5 to 1
            if (number == Math.rint(number) && number >= min && number <= max) {
                return (long) number;
            }
        } catch (ConfigException.WrongType | ConfigException.BadValue notANumber) {
            // falls through to the one message for all
        }
        wrong(key, "a whole number from " + min + " to " + max);
        return min;
    }

    long bytes(String key, long min, long max) {
        try {
            long bytes = config.getBytes(key);
            if (bytes >= min && bytes <= max) {
                return bytes;
            }
        } catch (ConfigException.WrongType | ConfigException.BadValue notASize) {
            // as above
        }
        wrong(key, "a size from " + size(min) + " to " + size(max) + ", as in 512KiB");
        return min;
    }

    /** Milliseconds. A bare number is refused, since nobody can see its unit. */
    long millis(String key, String min, String max) {
        long least = duration(min);
        try {
            boolean unit = config.getString(key).chars().anyMatch(Character::isLetter);
            long millis = config.getDuration(key, TimeUnit.MILLISECONDS);
            if ((unit || millis == 0) && millis >= least && millis <= duration(max)) {
                return millis;
            }
        } catch (ConfigException.WrongType | ConfigException.BadValue notATime) {
            // as above
        }
        wrong(key, "a time with its unit from " + min + " to " + max + ", as in 10s");
        return least;
    }

    /** Whole seconds, rounded up, or {@code never} for the word never. */
    long secondsOrNever(String key, String max, long never) {
        if (text(key).toLowerCase(Locale.ROOT).equals("never")) {
            return never;
        }
        int before = errors.size();
        long seconds = (millis(key, "0s", max) + 999) / 1000;
        if (errors.size() > before) {
            errors.set(before, errors.get(before) + ", or never");
        }
        return seconds;
    }

    boolean bool(String key) {
        try {
            return config.getBoolean(key);
        } catch (ConfigException.WrongType notABoolean) {
            wrong(key, "true or false");
            return false;
        }
    }

    /** The text at a key; empty if it is not one. */
    String text(String key) {
        try {
            return config.getString(key);
        } catch (ConfigException.WrongType notAText) {
            wrong(key, "a text");
            return "";
        }
    }

    /** The items of a list. */
    List<ConfigValue> list(String key) {
        try {
            return config.getList(key);
        } catch (ConfigException.WrongType notAList) {
            wrong(key, "a list");
            return List.of();
        }
    }

    /** Texts of a list, or of one text with commas as a command line gives it. */
    List<String> texts(String key) {
        if (config.getValue(key).unwrapped() instanceof String text) {
            return Arrays.stream(text.split(","))
                    .map(String::strip)
                    .filter(item -> !item.isEmpty())
                    .toList();
        }
        return list(key).stream().map(item -> String.valueOf(item.unwrapped())).toList();
    }

    /** Which of the words it is: its index. */
    int word(String key, String... words) {
        String text = text(key);
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals(text)) {
                return i;
            }
        }
        wrong(key, String.join(" or ", words));
        return 0;
    }

    /** {@code host:port}, {@code [v6]:port} or a port alone, which then means {@code defaultHost}; null if wrong. */
    @Nullable
    InetSocketAddress address(String key, String defaultHost) {
        String text = text(key);
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? defaultHost : text.substring(0, colon);
        int port = port(text.substring(colon + 1));
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (port < 0 || host.isEmpty() || !bracketed && host.indexOf(':') >= 0) {
            wrong(key, "host:port, [IPv6 address]:port or a port alone, the port from 0 to 65535");
            return null;
        }
        try {
            return new InetSocketAddress(InetAddress.getAllByName(host)[0], port);
        } catch (UnknownHostException e) {
            error(key, "the host " + host + " is not known on this machine");
            return null;
        }
    }

    static int port(String text) {
        if (!text.matches("\\d{1,5}")) {
            return -1;
        }
        int port = Integer.parseInt(text);
        return port <= 65_535 ? port : -1;
    }

    private String shown(String key) {
        if (SECRET.matcher(key).matches()) {
            return "***";
        }
        return config.hasPathOrNull(key) ? config.getValue(key).render(ConfigRenderOptions.concise()) : "nothing";
    }

    private String origin(String key) {
        if (!config.hasPathOrNull(key)) {
            return "not given";
        }
        ConfigValue value = config.getValue(key);
        return value.origin().description();
    }

    private static long duration(String text) {
        return com.typesafe.config.ConfigFactory.parseString("d = " + text).getDuration("d", TimeUnit.MILLISECONDS);
    }

    private static String size(long bytes) {
        String[] units = {"KiB", "MiB", "GiB", "TiB"};
        String text = bytes + " bytes";
        long rest = bytes;
        for (String unit : units) {
            if (rest == 0 || rest % 1024 != 0) {
                return text;
            }
            rest /= 1024;
            text = rest + " " + unit;
        }
        return text;
    }
}
