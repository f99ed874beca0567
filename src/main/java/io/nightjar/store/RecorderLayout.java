package io.nightjar.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Where what stands in a recorder file, as its header says.
 *
 * <pre>
 * header (4 KiB) | words (64 KiB) | of each ring: index, blocks
 *
 * header: 0 "NIGHTJAR" | 8 int checksum of the rest | 12 int version | 16 long size | 24 long seed | 32 int block size |
 *         36 int buckets, 40 int blocks of the ring of clients | 44, 48 the same of the ring of strangers |
 *         52 u16 length and name of the node
 * </pre>
 *
 * @param size bytes of the whole file
 * @param seed of the hash of ClientIDs
 */
record RecorderLayout(int version, long size, long seed, Part clients, Part strangers, String node) {
    static final int HEADER = 4096;
    static final int WORDS = 64 * 1024;

    private static final long MAGIC = 0x52414A544847494EL; // "NIGHTJAR"
    private static final int CHECKSUM = 8;
    private static final int BODY = 12;
    private static final int NODE = 52;
    private static final int MOST_NODE = 1024;

    /** The ring of strangers has this share of the file: an eighth. */
    private static final int STRANGERS = 8;

    /** Bytes of a ring for each bucket: a little more than an event has. */
    private static final int PER_BUCKET = 512;

    private static final int LEAST_BUCKETS = 256;
    private static final int MOST_BUCKETS = 1 << 24; // 128 MiB of index

    /** One ring: the number of its buckets, a power of two, and of its blocks, and where both begin in the file. */
    record Part(int buckets, int blocks, long indexAt, long blocksAt) {
        long end() {
            return blocksAt + (long) blocks * RecordFormat.BLOCK;
        }

        boolean isSound() {
            return blocks >= 2 && Integer.bitCount(buckets) == 1 && buckets > 0 && buckets <= MOST_BUCKETS;
        }
    }

    /** The best use of so many bytes, at least 1 MiB. */
    static RecorderLayout of(long size, long seed, String node) {
        long room = size - HEADER - WORDS;
        int strangersBuckets = buckets(room / STRANGERS);
        long strangersBlocks = Math.max(2, (room / STRANGERS - 8L * strangersBuckets) / RecordFormat.BLOCK);
        long left = room - 8L * strangersBuckets - strangersBlocks * RecordFormat.BLOCK;
        int buckets = buckets(left);
        long blocks = (left - 8L * buckets) / RecordFormat.BLOCK;
        return layout(
                RecordFormat.VERSION, size, seed, buckets, (int) blocks, strangersBuckets, (int) strangersBlocks, node);
    }

    private static RecorderLayout layout(
            int version,
            long size,
            long seed,
            int buckets,
            int blocks,
            int strangersBuckets,
            int strangersBlocks,
            String node) {
        Part clients = part(HEADER + WORDS, buckets, blocks);
        return new RecorderLayout(
                version, size, seed, clients, part(clients.end(), strangersBuckets, strangersBlocks), node);
    }

    private static Part part(long at, int buckets, int blocks) {
        return new Part(buckets, blocks, at, at + 8L * buckets);
    }

    private static int buckets(long bytes) {
        long wanted = Long.highestOneBit(Math.max(1, bytes / PER_BUCKET));
        return (int) Math.min(MOST_BUCKETS, Math.max(LEAST_BUCKETS, wanted));
    }

    /** The header's bytes. */
    byte[] header() {
        byte[] bytes = new byte[HEADER];
        ByteBuffer header = ByteBuffer.wrap(bytes).order(Memory.ORDER);
        header.putLong(0, MAGIC);
        header.putInt(12, version);
        header.putLong(16, size);
        header.putLong(24, seed);
        header.putInt(32, RecordFormat.BLOCK);
        header.putInt(36, clients.buckets);
        header.putInt(40, clients.blocks);
        header.putInt(44, strangers.buckets);
        header.putInt(48, strangers.blocks);
        byte[] name = node.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(name.length, MOST_NODE);
        header.putShort(NODE, (short) length);
        header.put(NODE + 2, name, 0, length);
        header.putInt(CHECKSUM, checksum(bytes));
        return bytes;
    }

    private static int checksum(byte[] header) {
        CRC32C crc = new CRC32C();
        crc.update(header, BODY, HEADER - BODY);
        return (int) crc.getValue();
    }

    /** Whether a file that begins so was made by a recorder, of whatever version. */
    static boolean isRecorder(byte[] header) {
        return header.length >= BODY + 4 && Memory.getLong(header, 0) == MAGIC;
    }

    static int version(byte[] header) {
        return Memory.getInt(header, BODY);
    }

    /** The layout that a header of this version tells, or null if it is damaged. */
    static @Nullable RecorderLayout read(byte[] header) {
        if (header.length < HEADER || !isRecorder(header) || Memory.getInt(header, CHECKSUM) != checksum(header)) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(header).order(Memory.ORDER);
        int length = Short.toUnsignedInt(in.getShort(NODE));
        String node = new String(
                Arrays.copyOfRange(header, NODE + 2, NODE + 2 + Math.min(length, MOST_NODE)), StandardCharsets.UTF_8);
        RecorderLayout layout = layout(
                in.getInt(12),
                in.getLong(16),
                in.getLong(24),
                in.getInt(36),
                in.getInt(40),
                in.getInt(44),
                in.getInt(48),
                node);
        boolean sound = in.getInt(32) == RecordFormat.BLOCK
                && layout.clients.isSound()
                && layout.strangers.isSound()
                && layout.strangers.end() <= layout.size;
        return sound ? layout : null;
    }
}
