package io.nightjar.app;

import io.nightjar.auth.PasswordFile;
import io.nightjar.auth.PasswordHash;
import io.nightjar.auth.SaslPrep;
import io.nightjar.auth.ScramVerifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code passwd --file FILE [--for password|scram|both] [--iterations N] [--delete] USERNAME}: sets or removes one user of
 * a password file. The new password is the first line of standard input, so it never stands in a process list. Other
 * lines and comments stay as they are.
 *
 * <p>A user has a line for each way to log in. Without {@code --for} a user keeps the ways it had, a new one logs in with
 * its password: a way that is not named loses its line, so that no old password goes on being good there.
 */
final class PasswdCommand {
    private static final int USERNAME_MAX = 65_535; // UTF-8 bytes [5.0/1.5.4]
    private static final int SECRET_BYTES = 32;

    /** What {@code --for} takes. */
    private enum Way {
        PASSWORD,
        SCRAM,
        BOTH
    }

    /** @param way null: as before */
    private record Order(Path file, String username, boolean delete, @Nullable Way way, int iterations) {}

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;

    PasswdCommand(InputStream in, PrintStream out, PrintStream err) {
        this.in = in;
        this.out = out;
        this.err = err;
    }

    /** The exit code. */
    int run(List<String> args) {
        Order order;
        try {
            order = order(args);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage()
                    + "\nusage: passwd --file FILE [--for password|scram|both] [--iterations N] [--delete] USERNAME");
            return Main.EXIT_USAGE;
        }
        try {
            return order.delete ? delete(order) : set(order);
        } catch (IOException e) {
            err.println("cannot change " + order.file + ": " + e);
            return Main.EXIT_FAILED;
        }
    }

    private static Order order(List<String> args) {
        Path file = null;
        String username = null;
        boolean delete = false;
        Way way = null;
        int iterations = ScramVerifier.ITERATIONS;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals("--file") && i + 1 < args.size()) {
                file = Path.of(args.get(++i));
            } else if (arg.equals("--for") && i + 1 < args.size()) {
                way = way(args.get(++i));
            } else if (arg.equals("--iterations") && i + 1 < args.size()) {
                iterations = iterations(args.get(++i));
            } else if (arg.equals("--delete")) {
                delete = true;
            } else if (username == null && !arg.startsWith("--")) {
                username = arg;
            } else {
                throw new IllegalArgumentException("unknown argument " + arg);
            }
        }
        if (file == null || username == null) {
            throw new IllegalArgumentException("a file and a user name are needed");
        }
        String fault = usernameFault(username);
        if (fault != null) {
            throw new IllegalArgumentException(fault);
        }
        return new Order(file, username, delete, way, iterations);
    }

    private static Way way(String word) {
        for (Way way : Way.values()) {
            if (way.name().toLowerCase(Locale.ROOT).equals(word)) {
                return way;
            }
        }
        throw new IllegalArgumentException("--for is password, scram or both");
    }

    private static int iterations(String text) {
        int iterations = text.matches("\\d{1,7}") ? Integer.parseInt(text) : 0;
        if (iterations < ScramVerifier.MIN_ITERATIONS || iterations > ScramVerifier.MAX_ITERATIONS) {
            throw new IllegalArgumentException(
                    "--iterations is " + ScramVerifier.MIN_ITERATIONS + " to " + ScramVerifier.MAX_ITERATIONS
                            + "; more are harder to guess from a stolen file, and slower to log in");
        }
        return iterations;
    }

    /** What keeps a user name out of the file, in words, or null. */
    private static @Nullable String usernameFault(String username) {
        if (username.isEmpty() || username.getBytes(StandardCharsets.UTF_8).length > USERNAME_MAX) {
            return "a user name has 1 to " + USERNAME_MAX + " bytes";
        } else if (username.startsWith("#") || !username.equals(username.strip())) {
            return "a user name in the password file must not begin with # or begin or end with white space";
        } else if (username.indexOf(':') >= 0 || username.chars().anyMatch(Character::isISOControl)) {
            return "a user name in the password file must not have a colon or a control character";
        }
        return null;
    }

    private int set(Order order) throws IOException {
        char[] password = password();
        if (password.length == 0) {
            err.println("the password is empty: nothing was changed");
            return Main.EXIT_FAILED;
        }
        List<String> lines = lines(order.file);
        boolean hadHash = find(lines, order.username, false) >= 0;
        boolean hadScram = find(lines, order.username, true) >= 0;
        boolean scram = order.way == null ? hadScram : order.way != Way.PASSWORD;
        boolean hash = order.way == null ? hadHash || !hadScram : order.way != Way.SCRAM;
        ScramVerifier verifier = scram ? ScramVerifier.of(password, order.iterations) : null;
        String fault = scram ? scramFault(order.username, verifier) : null;
        if (fault != null) {
            err.println(fault + ": nothing was changed");
            return Main.EXIT_FAILED;
        }
        put(lines, order.username, false, hash ? PasswordHash.hash(password) : null);
        put(lines, order.username, true, verifier == null ? null : verifier.text());
        Arrays.fill(password, '\0');
        if (scram && lines.stream().noneMatch(line -> line.strip().startsWith(PasswordFile.SCRAM_SECRET))) {
            lines.add(0, secretLine());
        }
        write(order.file, lines);
        out.println((hadHash || hadScram ? "changed " : "added ") + order.username + " in " + order.file
                + ", who logs in "
                + (hash ? scram ? "with the password or by SCRAM-SHA-256" : "with the password" : "by SCRAM-SHA-256"));
        return 0;
    }

    private static @Nullable String scramFault(String username, @Nullable ScramVerifier verifier) {
        if (!username.equals(SaslPrep.prepare(username))) {
            return "SCRAM clients spell this user name in another way or not at all (SASLprep)";
        }
        return verifier == null ? "the password has a character that SCRAM does not allow (SASLprep)" : null;
    }

    /** Keeps users that do not exist from being told from those that do; the same on every node that has the file. */
    private static String secretLine() {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return PasswordFile.SCRAM_SECRET + Base64.getEncoder().encodeToString(secret);
    }

    /** @param stored null: the line goes */
    private static void put(List<String> lines, String username, boolean scram, @Nullable String stored) {
        int at = find(lines, username, scram);
        lines.removeIf(line -> isLine(line, username, scram));
        if (stored != null) {
            lines.add(at < 0 ? lines.size() : at, username + ":" + stored);
        }
    }

    private int delete(Order order) throws IOException {
        List<String> lines = lines(order.file);
        String start = order.username + ":";
        if (!lines.removeIf(line -> line.strip().startsWith(start))) {
            err.println(order.username + " is not in " + order.file);
            return Main.EXIT_FAILED;
        }
        write(order.file, lines);
        out.println("removed " + order.username + " from " + order.file);
        return 0;
    }

    private char[] password() throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        String line = reader.readLine();
        return line == null ? new char[0] : line.toCharArray();
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? new ArrayList<>(Files.readAllLines(file)) : new ArrayList<>();
    }

    private static int find(List<String> lines, String username, boolean scram) {
        for (int i = 0; i < lines.size(); i++) {
            if (isLine(lines.get(i), username, scram)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isLine(String line, String username, boolean scram) {
        String text = line.strip();
        String start = username + ":";
        return text.startsWith(start) && ScramVerifier.isScram(text.substring(start.length())) == scram;
    }

    private static void write(Path file, List<String> lines) throws IOException {
        PrivateFile.replace(file, String.join("\n", lines) + (lines.isEmpty() ? "" : "\n"));
    }
}
