package io.nightjar.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A small JSON file that only the broker's own account may read (mode 0600 where the file system knows modes). It is
 * replaced as a whole: written beside, synced, renamed; a crash leaves the old or the new text, never half of one.
 *
 * <p>Not thread-safe; its owner takes turns. Blocks on the disk.
 */
final class SecretFile {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path path;

    SecretFile(Path path) {
        this.path = path;
    }

    /** What it holds, or null if there is no such file. A file that is no JSON object is an error that names it. */
    @Nullable
    JsonNode read() throws IOException {
        if (!Files.exists(path)) {
            return null;
        }
        JsonNode node;
        try {
            node = MAPPER.readTree(Files.readAllBytes(path));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IOException(path + " is damaged; restore it from a backup or move it away", e);
        }
        if (node == null || !node.isObject()) {
            throw new IOException(path + " is damaged; restore it from a backup or move it away");
        }
        return node;
    }

    void write(JsonNode node) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(path + " has no directory");
        }
        Files.createDirectories(directory);
        Path beside = directory.resolve(path.getFileName() + ".new");
        Files.deleteIfExists(beside);
        boolean modes = Files.getFileStore(directory).supportsFileAttributeView("posix");
        FileAttribute<?>[] attributes = modes
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(beside, options, attributes)) {
            ByteBuffer bytes = ByteBuffer.wrap(MAPPER.writeValueAsBytes(node));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
