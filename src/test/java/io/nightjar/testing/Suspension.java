package io.nightjar.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Stops another process where it is, with its sockets open: its host goes on to acknowledge what comes. */
final class Suspension {
    private Suspension() {}

    /**
     * As {@code kill -STOP}, and waits until each of its threads stands. The signal only asks for that: until then a thread
     * on another core reads and answers.
     */
    static void suspend(Process process) {
        NetworkNamespace.run("kill", "-STOP", Long.toString(process.pid()));
        Awaitility.await("each thread of " + process.pid() + " stands").until(() -> isSuspended(process.pid()));
    }

    private static boolean isSuspended(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads.toList()) {
                String stat = Files.readString(thread.resolve("stat"));
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException threadEnded) {
            return false;
        }
    }
}
