package io.nightjar.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.limits.Limit;
import io.nightjar.limits.Limit.Status;
import io.nightjar.limits.Limits;
import io.nightjar.limits.MachineFigures.ListenerFigures;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code doctor [--connections N] [--config FILE] [--json]}: compares the running system with what so many connections
 * need. Run with the environment and the JVM flags of the broker it speaks for, so that it sees the same heap and the
 * same descriptors. Exit code 0: all is high enough; 1: something is too low.
 */
final class DoctorCommand {
    private static final long LARGEST = 1_000_000_000;

    private final MachineReader machine;
    private final Map<String, String> overrides;
    private final PrintStream out;
    private final PrintStream err;

    DoctorCommand(MachineReader machine, Map<String, String> overrides, PrintStream out, PrintStream err) {
        this.machine = machine;
        this.overrides = overrides;
        this.out = out;
        this.err = err;
    }

    /** The exit code. */
    int run(List<String> args) {
        Path config = null;
        Long connections = null;
        boolean json = false;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals("--connections") && i + 1 < args.size()) {
                connections = connections(args.get(++i));
                if (connections == null) {
                    return usage("--connections is a number from 1 to " + LARGEST + ", as in 1000000");
                }
            } else if (arg.equals("--config") && i + 1 < args.size()) {
                config = Path.of(args.get(++i));
            } else if (arg.equals("--json")) {
                json = true;
            } else {
                return usage("unknown argument " + arg);
            }
        }
        Settings settings;
        try {
            settings = Settings.load(config, overrides);
        } catch (SettingsException e) {
            err.println("the configuration is wrong:");
            e.errors().forEach(error -> err.println("  " + error));
            return Main.EXIT_CONFIG;
        }
        long target = connections == null ? settings.targetConnections() : connections;
        List<Limit> limits = Limits.check(target, machine.read(listeners(settings)));
        if (json) {
            out.println(json(target, limits));
        } else {
            table(target, limits);
        }
        return limits.stream().anyMatch(limit -> limit.status() == Status.TOO_LOW) ? Main.EXIT_FAILED : 0;
    }

    private int usage(String problem) {
        err.println(problem + "\nusage: doctor [--connections N] [--config FILE] [--json]");
        return Main.EXIT_USAGE;
    }

    private static @Nullable Long connections(String text) {
        String digits = text.replace("_", "").replace(",", "");
        if (!digits.matches("\\d{1,10}")) {
            return null;
        }
        long n = Long.parseLong(digits);
        return n >= 1 && n <= LARGEST ? (Long) n : null;
    }

    /** Those that are configured; none is open. */
    static List<ListenerFigures> listeners(Settings settings) {
        List<ListenerFigures> listeners = new ArrayList<>();
        settings.listeners()
                .forEach(listener -> listeners.add(new ListenerFigures(
                        listener.id(), listener.key(), listener.backlog(), listener.maxConnections(), null)));
        return listeners;
    }

    private void table(long target, List<Limit> limits) {
        out.println("for " + grouped(target) + " connections on this machine:");
        out.println();
        out.printf(Locale.ROOT, "  %-32s %16s %16s  %s%n", "limit", "value", "needed", "");
        for (Limit limit : limits) {
            out.printf(
                    Locale.ROOT,
                    "  %-32s %16s %16s  %s%n",
                    limit.name(),
                    amount(limit.value(), limit.unit()),
                    amount(limit.needed(), limit.unit()),
                    switch (limit.status()) {
                        case OK -> "ok";
                        case TOO_LOW -> "TOO LOW";
                        case UNKNOWN -> "cannot be read here";
                    });
        }
        List<Limit> low = limits.stream()
                .filter(limit -> limit.status() == Status.TOO_LOW)
                .toList();
        out.println();
        if (low.isEmpty()) {
            out.println("all limits that can be read here are high enough.");
            return;
        }
        out.println(low.size() + " too low; what lifts each (ops/tuning does those of the operating system):");
        low.forEach(limit -> out.println("  " + limit.name() + ", " + limit.bounds() + ":\n      " + limit.fix()));
    }

    private static String amount(@Nullable Long value, String unit) {
        if (value == null) {
            return "-";
        } else if (value == Long.MAX_VALUE) {
            return "unlimited";
        } else if (unit.equals("bytes")) {
            return grouped((value + (1 << 20) - 1) >> 20) + " MiB";
        }
        return grouped(value) + (unit.isEmpty() ? "" : " " + unit);
    }

    private static String grouped(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    private static String json(long target, List<Limit> limits) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("connections", target);
        ArrayNode all = root.putArray("limits");
        for (Limit limit : limits) {
            ObjectNode one = all.addObject();
            one.put("name", limit.name());
            one.put("bounds", limit.bounds());
            if (limit.value() != null) {
                one.put("value", limit.value());
            }
            one.put("needed", limit.needed());
            if (limit.used() != null) {
                one.put("used", limit.used());
            }
            if (!limit.unit().isEmpty()) {
                one.put("unit", limit.unit());
            }
            one.put("status", limit.status().word());
            one.put("fix", limit.fix());
        }
        return root.toPrettyString();
    }
}
