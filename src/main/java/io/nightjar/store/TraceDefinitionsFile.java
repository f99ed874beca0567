package io.nightjar.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The definitions of all traces on this node's disk, {@code definitions.json} in the directory of traces. Replaced as a
 * whole: after a crash there is the old text or the new one, never half of each. Every call may block on the disk; one
 * writer at a time.
 */
public final class TraceDefinitionsFile {
    private final Path file;

    public TraceDefinitionsFile(Path root) {
        this.file = root.resolve("definitions.json");
    }

    /** The text last written, or null if there is none yet. */
    public @Nullable String read() throws IOException {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    public void write(String text) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        replace(file, text);
    }

    /** Puts a bad file out of the way, so that the next {@link #write} does not destroy what an operator may need. */
    public Path setAside() throws IOException {
        return Files.move(file, file.resolveSibling("definitions.json.bad"), StandardCopyOption.REPLACE_EXISTING);
    }

    static void replace(Path file, String text) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
