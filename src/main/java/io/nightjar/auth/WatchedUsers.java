package io.nightjar.auth;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The users of a password file, as the file is now. Thread-safe; reading is done by whoever asks first. */
final class WatchedUsers {
    private static final Logger log = LoggerFactory.getLogger(WatchedUsers.class);
    private static final long LARGEST_BYTES = 256L << 20;

    /** What tells one state of the file from another without reading it. */
    private record Stamp(long modifiedNanos, long size, @Nullable Object fileKey) {}

    private final Path file;
    private final long lookAgainNanos;
    private volatile StoredUsers users = StoredUsers.NONE;
    private @Nullable Stamp stamp;
    private @Nullable String lastProblem;
    private volatile long lookedAtNanos;

    /** @throws IOException if the file cannot be read now */
    WatchedUsers(Path file, long lookAgainNanos) throws IOException {
        this.file = file;
        this.lookAgainNanos = lookAgainNanos;
        this.lookedAtNanos = System.nanoTime();
        read(stamp());
    }

    /** The users without a look at the file, or null if it is time for one; never waits. */
    @Nullable
    StoredUsers fresh() {
        return System.nanoTime() - lookedAtNanos < lookAgainNanos ? users : null;
    }

    synchronized StoredUsers current() {
        long now = System.nanoTime();
        if (now - lookedAtNanos >= lookAgainNanos) {
            lookedAtNanos = now;
            try {
                Stamp current = stamp();
                if (!current.equals(stamp)) {
                    read(current);
                }
                lastProblem = null;
            } catch (IOException e) {
                warnOnce(e.toString());
            }
        }
        return users;
    }

    private void warnOnce(String problem) {
        if (!problem.equals(lastProblem)) {
            lastProblem = problem;
            log.warn("event=password_file_unreadable file=\"{}\" problem=\"{}\" users=\"as before\"", file, problem);
        }
    }

    private Stamp stamp() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Stamp(
                attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS), attributes.size(), attributes.fileKey());
    }

    private void read(Stamp current) throws IOException {
        if (current.size() > LARGEST_BYTES) {
            throw new IOException(file + " has more than " + LARGEST_BYTES + " bytes");
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not UTF-8", e);
        }
        List<StoredUsers.Problem> problems = new ArrayList<>();
        StoredUsers read = StoredUsers.read(lines, problems);
        for (StoredUsers.Problem problem : problems) {
            // once per reading, without the line: a hash does not belong into a log
            log.warn(
                    "event=password_file_bad_line file=\"{}\" line={} problem=\"{}\"",
                    file,
                    problem.line(),
                    problem.words());
        }
        users = read;
        stamp = current;
        log.info(
                "event=password_file_read file=\"{}\" passwords={} scram_verifiers={}",
                file,
                read.hashCount(),
                read.verifierCount());
        if (read.verifierCount() > 0 && !read.hasSecret()) {
            log.warn(
                    "event=password_file_without_scram_secret file=\"{}\" problem=\"who tries SCRAM before and after a"
                            + " start of this node can tell users that exist; ops/nightjar passwd --for scram adds one\"",
                    file);
        }
    }
}
