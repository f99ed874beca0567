package io.nightjar.auth;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private Map<String, String> hashes = Map.of();
    private @Nullable Stamp stamp;
    private @Nullable String lastProblem;
    private long lookedAtNanos;

    /** @throws IOException if the file cannot be read now */
    WatchedUsers(Path file, long lookAgainNanos) throws IOException {
        this.file = file;
        this.lookAgainNanos = lookAgainNanos;
        this.lookedAtNanos = System.nanoTime();
        read(stamp());
    }

    /** User name to stored hash. */
    synchronized Map<String, String> current() {
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
        return hashes;
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
        Map<String, String> read = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String problem = line(lines.get(i).strip(), read);
            if (problem != null) { // once per reading, without the line: a hash does not belong into a log
                log.warn("event=password_file_bad_line file=\"{}\" line={} problem=\"{}\"", file, i + 1, problem);
            }
        }
        hashes = Map.copyOf(read);
        stamp = current;
        log.info("event=password_file_read file=\"{}\" users={}", file, hashes.size());
    }

    private static @Nullable String line(String line, Map<String, String> into) {
        if (line.isEmpty() || line.startsWith("#")) {
            return null;
        }
        int colon = line.indexOf(':');
        if (colon < 1) {
            return "is not username:hash";
        } else if (!PasswordHash.isWellFormed(line.substring(colon + 1))) {
            return "has no hash as ops/nightjar passwd makes it";
        }
        String before = into.put(line.substring(0, colon), line.substring(colon + 1));
        return before == null ? null : "names a user a second time; this line counts";
    }
}
