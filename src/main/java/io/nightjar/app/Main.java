package io.nightjar.app;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command line. {@code ops/nightjar} calls it and does all that concerns processes; here is what needs the broker's
 * own code.
 *
 * <pre>
 * start [--config FILE] [--background]   and settings as -Dnightjar.key=value
 * passwd --file FILE [--delete] USERNAME the password is the first line of standard input
 * recorder FILE [filters]                what a flight recorder holds
 * doctor [--connections N] [--config FILE] [--json]   settings as for start
 * version
 * </pre>
 */
public final class Main {
    static final int EXIT_FAILED = 1;
    static final int EXIT_USAGE = 64; // sysexits.h EX_USAGE
    static final int EXIT_ENDED = 75; // EX_TEMPFAIL: start it again
    static final int EXIT_CONFIG = 78; // EX_CONFIG

    private Main() {}

    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        String command = args.length == 0 ? "" : args[0];
        List<String> rest = args.length == 0 ? List.of() : Arrays.asList(args).subList(1, args.length);
        int code =
                switch (command) {
                    case "start" -> start(rest, out, err);
                    case "passwd" -> new PasswdCommand(System.in, out, err).run(rest);
                    case "recorder" -> new RecorderCommand(out, err, ZoneId.systemDefault()).run(rest);
                    case "doctor" -> new DoctorCommand(new MachineReader(), overrides(), out, err).run(rest);
                    case "version" -> version(out);
                    default -> {
                        err.println("usage: start [--config FILE] | passwd --file FILE [--delete] USERNAME"
                                + " | recorder FILE | doctor [--connections N] | version");
                        yield EXIT_USAGE;
                    }
                };
        if (code != 0) {
            System.exit(code);
        }
    }

    private static int version(PrintStream out) {
        String version = Main.class.getPackage().getImplementationVersion();
        out.println("nightjar " + (version == null ? "development" : version) + ", Java "
                + Runtime.version().feature());
        return 0;
    }

    /** Leaves the broker running: its threads keep the JVM alive after main has returned. */
    private static int start(List<String> args, PrintStream out, PrintStream err) {
        Path config = null;
        boolean background = false;
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i).equals("--config") && i + 1 < args.size()) {
                config = path(args.get(++i));
            } else if (args.get(i).equals("--background")) {
                background = true;
            } else {
                err.println("unknown argument " + args.get(i));
                return EXIT_USAGE;
            }
        }
        Settings settings;
        try {
            settings = Settings.load(config, overrides());
        } catch (SettingsException e) {
            err.println("nightjar does not start, the configuration is wrong:");
            e.errors().forEach(error -> err.println("  " + error));
            return EXIT_CONFIG;
        }
        return run(settings, background, out, err);
    }

    private static @Nullable Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new SettingsException(List.of("not a path: " + text));
        }
    }

    private static Map<String, String> overrides() {
        Map<String, String> overrides = new TreeMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("nightjar.") || name.startsWith("pekko.")) {
                overrides.put(name, System.getProperty(name));
            }
        }
        return overrides;
    }

    private static int run(Settings settings, boolean background, PrintStream out, PrintStream err) {
        NodeFiles files;
        try {
            files = NodeFiles.claim(settings.dataDir());
        } catch (IOException e) {
            err.println("nightjar does not start: " + e.getMessage());
            return EXIT_FAILED;
        }
        if (System.getProperty("log.dir") == null) { // before the first logger
            System.setProperty("log.dir", settings.dataDir().resolve("log").toString());
        }
        Logger log = LoggerFactory.getLogger(Main.class);
        try {
            Broker broker = Broker.start(settings);
            AtomicBoolean stopping = new AtomicBoolean();
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                stopping.set(true);
                                stop(broker, files, log);
                            },
                            "nightjar-stop"));
            broker.whenTerminated().thenRun(() -> endedByCluster(stopping, log));
            tellFirstPassword(broker.firstPassword(), files, background, out);
            files.ready(broker.describe());
            if (!background) {
                out.print("nightjar is ready\n" + broker.describe().indent(2));
                out.flush();
            }
            return 0;
        } catch (Exception e) {
            log.error("event=start_failed problem=\"{}\"", e.getMessage(), e);
            err.println("nightjar does not start: " + causes(e));
            files.release();
            return EXIT_FAILED;
        }
    }

    /** The actor system went without being asked: the event loops would live on and serve nobody. */
    private static void endedByCluster(AtomicBoolean stopping, Logger log) {
        if (!stopping.get()) {
            log.error("event=node_ended problem=\"the cluster went on without this node, or it could not join\"");
            // On a thread of its own: exit waits for the hook, which waits for others.
            new Thread(() -> System.exit(EXIT_ENDED), "nightjar-exit").start();
        }
    }

    private static void stop(Broker broker, NodeFiles files, Logger log) {
        files.notReady();
        log.info("event=stopping");
        broker.stop();
        log.info("event=stopped");
        files.release();
    }

    private static void tellFirstPassword(
            @Nullable String password, NodeFiles files, boolean background, PrintStream out) throws IOException {
        if (password == null) {
            return;
        } else if (background) {
            files.firstPassword(password); // ops/nightjar shows it and deletes the file
        } else {
            out.println("user admin has the password " + password + "  (shown this once)");
        }
    }

    private static String causes(Throwable e) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            if (text.indexOf(message) < 0) {
                text.append(text.isEmpty() ? "" : ": ").append(message);
            }
        }
        return text.toString();
    }
}
