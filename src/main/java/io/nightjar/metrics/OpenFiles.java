package io.nightjar.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * How many file descriptors the process has open. Linux tells the number as the size of {@code /proc/self/fd} since 6.2; the
 * JVM lists that directory, which takes a tenth of a second with 100,000 connections and is asked for on actors. So where the
 * size is not told, the JVM is asked on a thread of its own, not oftener than every {@link #KEPT_NANOS}. Thread-safe.
 */
public final class OpenFiles {
    /** Those of this process. */
    public static final OpenFiles OF_PROCESS =
            new OpenFiles(Path.of("/proc/self/fd"), OpenFiles::list, System::nanoTime);

    private static final long KEPT_NANOS = 10_000_000_000L;

    private final Path directory;
    private final LongSupplier slow;
    private final LongSupplier nanos;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile long last;
    private volatile long askedAt;

    /**
     * Asks once, which is quick as long as few are open.
     *
     * @param directory whose size may be the number
     * @param slow how else to learn it; negative if that is not known
     * @param nanos a clock that only goes forward
     */
    OpenFiles(Path directory, LongSupplier slow, LongSupplier nanos) {
        this.directory = directory;
        this.slow = slow;
        this.nanos = nanos;
        this.last = size() > 0 ? -1 : slow.getAsLong();
        this.askedAt = nanos.getAsLong();
    }

    /** The number now, or of some seconds ago; negative if it is not known. */
    public long count() {
        long size = size();
        if (size > 0) {
            return size;
        }
        if (nanos.getAsLong() - askedAt >= KEPT_NANOS && asking.compareAndSet(false, true)) {
            Thread thread = new Thread(this::ask, "nightjar-open-files");
            thread.setDaemon(true);
            thread.start();
        }
        return last;
    }

    /** The number now, which may take a tenth of a second with many open; negative if it is not known. */
    public long countNow() {
        long size = size();
        return size > 0 ? size : slow.getAsLong();
    }

    private static long list() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getOpenFileDescriptorCount()
                : -1;
    }

    private void ask() {
        try {
            last = slow.getAsLong();
            askedAt = nanos.getAsLong();
        } finally {
            asking.set(false);
        }
    }

    private long size() {
        try {
            return Files.size(directory);
        } catch (IOException e) {
            return -1;
        }
    }
}
