package io.nightjar.store;

import static io.nightjar.store.RecordFormat.BLOCK;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;

/**
 * One ring of records with its index. A position counts all bytes that were ever written, from {@link #capacity} on, so
 * that 0 is none; a record stands at its position modulo the capacity. It never crosses a block: where it does not fit
 * the rest of the block stays empty.
 *
 * <p>Appending is for one thread at a time, which the caller sees to; reading is for any thread beside it. A writer says
 * first up to where it will write ({@code reserved}), then writes, then says that it has ({@code head}). A reader copies
 * first and looks then whether what it copied was out of the writer's way; what was not is gone, as if it had been read
 * later. Nobody waits for a reader.
 *
 * <p>Killed between any two instructions the ring is whole at the next start: the length of a record is written last,
 * after a 0 behind it, and the index after that. {@link #recover} finds the end from what stands at the beginning of
 * each block, never from a number that could be wrong, and links the newest records again.
 */
final class RecorderRing {
    /** Data of the newest records that are linked again at each start, in bytes. */
    static final long RELINKED = 64L << 20;

    private static final int PART_SHIFT = 30; // memory is mapped in pieces of 1 GiB
    private static final int PART_MASK = (1 << PART_SHIFT) - 1;

    private final ByteBuffer[] parts;
    private final ByteBuffer index;
    private final int mask;
    private final long capacity;
    private final RecorderWords words;
    private volatile long reserved;
    private volatile long head;

    /** Maps pieces of the file or of other memory. */
    interface Mapper {
        ByteBuffer map(long at, long length) throws java.io.IOException;
    }

    RecorderRing(RecorderLayout.Part layout, Mapper mapper, RecorderWords words) throws java.io.IOException {
        this.capacity = (long) layout.blocks() * BLOCK;
        this.mask = layout.buckets() - 1;
        this.words = words;
        this.index = mapper.map(layout.indexAt(), 8L * layout.buckets()).order(Memory.ORDER);
        int count = (int) ((capacity + PART_MASK) >>> PART_SHIFT);
        this.parts = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            long from = (long) i << PART_SHIFT;
            long length = Math.min(capacity - from, 1L << PART_SHIFT);
            parts[i] = mapper.map(layout.blocksAt() + from, length).order(Memory.ORDER);
        }
    }

    long capacity() {
        return capacity;
    }

    /** Position behind the newest record. */
    long head() {
        return head;
    }

    /** Whether what stood at a position up to now may have been written over. */
    boolean isGone(long position) {
        VarHandle.fullFence();
        return position < reserved - capacity;
    }

    private ByteBuffer part(long position) {
        return parts[(int) (position % capacity >>> PART_SHIFT)];
    }

    private int offset(long position) {
        return (int) (position % capacity) & PART_MASK;
    }

    // ---- writing

    /** Appends a finished record. */
    void append(byte[] record, int length, int bodySum, int hash, boolean linked, long sequence) {
        long at = head;
        int left = BLOCK - (int) (at % BLOCK);
        if (length > left) {
            at += left;
            left = BLOCK;
        }
        reserved = length < left ? at + length + 8 : at + length; // with the 0 behind it
        VarHandle.fullFence();
        ByteBuffer memory = part(at);
        int offset = offset(at);
        int bucket = (hash & mask) << 3;
        long previous = linked ? index.getLong(bucket) : 0;
        memory.putInt(offset + RecordFormat.LENGTH, 0);
        if (length < left) {
            memory.putInt(offset + length, 0);
        }
        memory.putInt(offset + RecordFormat.CHECKSUM, RecordFormat.checksum(bodySum, at, sequence, previous));
        memory.putLong(offset + RecordFormat.POSITION, at);
        memory.putLong(offset + RecordFormat.SEQUENCE, sequence);
        memory.putLong(offset + RecordFormat.PREVIOUS, previous);
        memory.put(offset + RecordFormat.BODY, record, RecordFormat.BODY, length - RecordFormat.BODY);
        Memory.publishInt(memory, offset + RecordFormat.LENGTH, length);
        head = at + length;
        if (linked) {
            index.putLong(bucket, at);
        }
    }

    /** Fetches the pages that come next from the disk, so that whoever writes does not wait for it. Not for event loops. */
    void fetchAhead(int bytes) {
        long at = head;
        long end = at + Math.min(bytes, capacity / 2);
        while (at < end) {
            ByteBuffer part = part(at);
            int offset = offset(at);
            int length = (int) Math.min(end - at, part.capacity() - offset);
            if (part instanceof MappedByteBuffer mapped) {
                mapped.slice(offset, length).load();
            }
            at += length;
        }
    }

    // ---- reading

    /** Position of the newest record of this bucket, or 0. */
    long newest(int hash) {
        return index.getLong((hash & mask) << 3);
    }

    /**
     * Copies the record at a position into the view's memory, or a larger one.
     *
     * @return false if there is none any more, or never was
     */
    boolean copyRecord(long position, RecordView view) {
        if (position < capacity || position + RecordFormat.HEAD > head || (position & 7) != 0) {
            return false;
        }
        int room = BLOCK - (int) (position % BLOCK);
        ByteBuffer memory = part(position);
        int offset = offset(position);
        if (room < RecordFormat.HEAD) {
            return false;
        }
        int length = memory.getInt(offset);
        if (length < RecordFormat.HEAD || length > Math.min(room, RecordFormat.MOST)) {
            return false;
        }
        byte[] to = view.bytes().length >= length ? view.bytes() : new byte[RecordFormat.padded(length * 2)];
        memory.get(offset, to, 0, length);
        if (isGone(position)) {
            return false;
        }
        view.set(to, 0);
        return view.isWhole(position, length);
    }

    /**
     * Copies the block that holds a position and gives back how many bytes of it are records, all of them as they were
     * written or damaged before the start; 0 if they are gone.
     */
    int copyBlock(long blockStart, byte[] to) {
        long end = Math.min(head, blockStart + BLOCK);
        int length = (int) (end - blockStart);
        if (length <= 0 || isGone(blockStart)) {
            return 0;
        }
        part(blockStart).get(offset(blockStart), to, 0, length);
        return isGone(blockStart) ? 0 : length;
    }

    /** Start of the block that holds the newest record, or -1 if there is none. */
    long newestBlock() {
        long end = head;
        return end <= capacity ? -1 : (end - 1) / BLOCK * BLOCK;
    }

    /** Start of the oldest block that is whole. */
    long oldestBlock() {
        long floor = Math.max(reserved - capacity, capacity);
        return (floor + BLOCK - 1) / BLOCK * BLOCK;
    }

    /** Sequence of the first record of a block, or -1 if there is none. */
    long firstSequence(long blockStart, RecordView view) {
        return copyRecord(blockStart, view) ? view.sequence() : -1;
    }

    // ---- the start

    /**
     * Finds the end of what was written, links the newest records and gives back the sequence of the last, or 0.
     *
     * @param link false if the memory can only be read
     */
    long recover(boolean link) {
        byte[] memory = new byte[BLOCK];
        RecordView view = new RecordView(words);
        long newest = newestBlockOnDisk(memory, view);
        if (newest < 0) {
            reserved = capacity;
            head = capacity;
            if (link) {
                forgetLinks(capacity);
            }
            return 0;
        }
        part(newest).get(offset(newest), memory, 0, BLOCK);
        int end = 0;
        long sequence = 0;
        for (int at = next(memory, 0, BLOCK, newest, view); at >= 0; at = next(memory, end, BLOCK, newest, view)) {
            sequence = view.sequence();
            end = at + view.length();
        }
        reserved = newest + end;
        head = newest + end;
        if (link) {
            relink(memory, view);
        }
        return sequence;
    }

    private long newestBlockOnDisk(byte[] memory, RecordView view) {
        long newest = -1;
        for (long physical = 0; physical < capacity; physical += BLOCK) {
            ByteBuffer part = part(physical);
            int offset = offset(physical);
            int length = part.getInt(offset);
            long position = part.getLong(offset + RecordFormat.POSITION);
            boolean plausible = length >= RecordFormat.HEAD
                    && length <= RecordFormat.MOST
                    && position > newest
                    && position % capacity == physical
                    && position >= capacity;
            if (plausible) {
                part.get(offset, memory, 0, length);
                view.set(memory, 0);
                newest = view.isWhole(position, length) ? position : newest;
            }
        }
        return newest;
    }

    /** Offset of the next whole record in a block's bytes, behind what is damaged, or -1. */
    private static int next(byte[] memory, int from, int length, long blockStart, RecordView view) {
        for (int at = from; at + RecordFormat.HEAD <= length; at += 8) {
            view.set(memory, at);
            if (view.position() == blockStart + at && view.isWhole(blockStart + at, length - at)) {
                return at;
            }
        }
        return -1;
    }

    private void relink(byte[] memory, RecordView view) {
        boolean ahead = forgetLinks(head);
        long from = oldestBlock();
        if (!ahead) {
            from = Math.max(from, newestBlock() - RELINKED);
        }
        for (long block = from; block <= newestBlock(); block += BLOCK) {
            int length = copyBlock(block, memory);
            for (int at = next(memory, 0, length, block, view); at >= 0; ) {
                if (view.clientIdLength() > 0) {
                    index.putLong((view.hash() & mask) << 3, block + at);
                }
                at = next(memory, at + view.length(), length, block, view);
            }
        }
    }

    /** Forgets links to what is not there; true if there were any: the machine went down, not only the process. */
    private boolean forgetLinks(long end) {
        boolean ahead = false;
        for (int bucket = 0; bucket <= mask << 3; bucket += 8) {
            if (index.getLong(bucket) >= end) {
                index.putLong(bucket, 0);
                ahead = true;
            }
        }
        return ahead;
    }
}
