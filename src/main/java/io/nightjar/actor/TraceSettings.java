package io.nightjar.actor;

import java.nio.file.Path;

/**
 * Limits of the traces of one node.
 *
 * @param directory holds the definitions and one directory a trace
 * @param maxTraces most traces there may be in the cluster, stopped ones included
 * @param maxFileSize most bytes of one trace on one node; then its oldest lines go
 * @param queueSize most events that wait to be written; more are dropped and counted
 * @param minFreeDisk bytes: a trace fails when the disk has less left
 */
public record TraceSettings(Path directory, int maxTraces, long maxFileSize, int queueSize, long minFreeDisk) {
    /** Bytes that the files of a trace may have at least. */
    static final long LEAST_FILE_SIZE = 64 * 1024;

    /** Without a watch on the free space of the disk. */
    public TraceSettings(Path directory, int maxTraces, long maxFileSize, int queueSize) {
        this(directory, maxTraces, maxFileSize, queueSize, 0);
    }
}
