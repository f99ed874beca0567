package io.nightjar.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The small files in the data directory by which the command line and the node know of each other.
 *
 * <ul>
 *   <li>{@code nightjar.pid}: the process, locked as long as it lives: two nodes cannot share a directory
 *   <li>{@code nightjar.ready}: exists while the node serves; holds where
 *   <li>{@code first-password}: until it was shown
 * </ul>
 */
final class NodeFiles {
    private final Path dataDir;
    private final FileChannel pidFile;

    private NodeFiles(Path dataDir, FileChannel pidFile) {
        this.dataDir = dataDir;
        this.pidFile = pidFile;
    }

    /** Makes the directory and takes it for this process. */
    static NodeFiles claim(Path dataDir) throws IOException {
        try {
            Files.createDirectories(dataDir);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(dataDir + " is not a directory", e);
        } catch (IOException e) {
            throw new IOException("cannot make the data directory " + dataDir + ": " + e, e);
        }
        Path pid = dataDir.resolve("nightjar.pid");
        FileChannel channel =
                FileChannel.open(pid, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (lock(channel) == null) {
            channel.close();
            throw new IOException(
                    "another node (pid " + Files.readString(pid).strip() + ") uses the data directory " + dataDir);
        }
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
        NodeFiles files = new NodeFiles(dataDir, channel);
        files.notReady();
        return files;
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            return null;
        }
    }

    /** Says that the node serves, and where. */
    void ready(String description) throws IOException {
        Path beside = dataDir.resolve("nightjar.ready.new");
        Files.writeString(beside, description.stripTrailing() + "\n");
        Files.move(beside, dataDir.resolve("nightjar.ready"), StandardCopyOption.ATOMIC_MOVE);
    }

    void notReady() {
        try {
            Files.deleteIfExists(dataDir.resolve("nightjar.ready"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void firstPassword(String password) throws IOException {
        PrivateFile.replace(dataDir.resolve("first-password"), password + "\n");
    }

    /** Gives the directory free; the pid file stays, empty. */
    void release() {
        try {
            pidFile.truncate(0);
            pidFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
