package io.nightjar.app;

import io.nightjar.auth.PasswordHash;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code passwd --file FILE [--delete] USERNAME}: sets or removes one user of a password file. The new password is the
 * first line of standard input, so it never stands in a process list. Other lines and comments stay as they are.
 */
final class PasswdCommand {
    private static final int USERNAME_MAX = 65_535; // UTF-8 bytes [5.0/1.5.4]

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
        Path file = null;
        String username = null;
        boolean delete = false;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals("--file") && i + 1 < args.size()) {
                file = Path.of(args.get(++i));
            } else if (arg.equals("--delete")) {
                delete = true;
            } else if (username == null && !arg.startsWith("--")) {
                username = arg;
            } else {
                return usage("unknown argument " + arg);
            }
        }
        if (file == null || username == null) {
            return usage("a file and a user name are needed");
        }
        String fault = usernameFault(username);
        if (fault != null) {
            return usage(fault);
        }
        try {
            return delete ? delete(file, username) : set(file, username);
        } catch (IOException e) {
            err.println("cannot change " + file + ": " + e);
            return Main.EXIT_FAILED;
        }
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

    private int usage(String problem) {
        err.println(problem + "\nusage: passwd --file FILE [--delete] USERNAME");
        return Main.EXIT_USAGE;
    }

    private int set(Path file, String username) throws IOException {
        char[] password = password();
        if (password.length == 0) {
            err.println("the password is empty: nothing was changed");
            return Main.EXIT_FAILED;
        }
        String line = username + ":" + PasswordHash.hash(password);
        Arrays.fill(password, '\0');
        List<String> lines = lines(file);
        int at = find(lines, username);
        if (at < 0) {
            lines.add(line);
        } else {
            lines.set(at, line);
        }
        write(file, lines);
        out.println((at < 0 ? "added " : "changed ") + username + " in " + file);
        return 0;
    }

    private int delete(Path file, String username) throws IOException {
        List<String> lines = lines(file);
        int at = find(lines, username);
        if (at < 0) {
            err.println(username + " is not in " + file);
            return Main.EXIT_FAILED;
        }
        lines.remove(at);
        write(file, lines);
        out.println("removed " + username + " from " + file);
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

    private static int find(List<String> lines, String username) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).strip().startsWith(username + ":")) {
                return i;
            }
        }
        return -1;
    }

    private static void write(Path file, List<String> lines) throws IOException {
        PrivateFile.replace(file, String.join("\n", lines) + (lines.isEmpty() ? "" : "\n"));
    }
}
