package io.nightjar.store;

import org.jspecify.annotations.Nullable;

/** Walks backwards over the wanted records of one ring, newest first. Belongs to one thread. */
abstract class RecordCursor {
    final RecorderRing ring;
    final RecordMatcher matcher;
    final RecordView view;

    RecordCursor(RecorderRing ring, RecordMatcher matcher, RecorderWords words) {
        this.ring = ring;
        this.matcher = matcher;
        this.view = new RecordView(words);
    }

    /** To the next older wanted record; false if there is none. */
    abstract boolean next();

    /** The record it stands at. */
    RecordView record() {
        return view;
    }

    boolean isWanted() {
        try {
            return matcher.wants(view);
        } catch (IndexOutOfBoundsException damaged) {
            return false;
        }
    }

    /** All records of a ring, block by block: each is copied as a whole, then read forwards for its records. */
    static final class All extends RecordCursor {
        private final byte[] memory = new byte[RecordFormat.BLOCK];
        private final int[] starts = new int[RecordFormat.BLOCK / RecordFormat.HEAD];
        private final long before;
        private long block;
        private long oldest;
        private int length;
        private int left;

        /** @param before only records of a lower sequence */
        All(RecorderRing ring, RecordMatcher matcher, RecorderWords words, long before) {
            super(ring, matcher, words);
            this.before = before;
            this.oldest = ring.oldestBlock();
            long newest = ring.newestBlock();
            this.block = before == Long.MAX_VALUE ? newest : lastBlockBefore(newest);
            open();
        }

        /** The last block that begins with a record before that sequence. */
        private long lastBlockBefore(long newest) {
            long low = oldest;
            long high = newest;
            while (low < high) {
                long middle = low + (high - low + RecordFormat.BLOCK) / RecordFormat.BLOCK / 2 * RecordFormat.BLOCK;
                long first = ring.firstSequence(middle, view);
                if (first < 0) {
                    return high; // damaged: looks at more than it had to
                } else if (first < before) {
                    low = middle;
                } else {
                    high = middle - RecordFormat.BLOCK;
                }
            }
            return high;
        }

        private void open() {
            left = 0;
            length = block < oldest ? 0 : ring.copyBlock(block, memory);
            int at = 0;
            while (at + RecordFormat.HEAD <= length) {
                view.set(memory, at);
                int size = view.length();
                boolean sound = view.position() == block + at && size >= RecordFormat.HEAD && at + size <= length;
                if (sound) {
                    starts[left++] = at;
                }
                at += sound ? RecordFormat.padded(size) : 8; // over what is damaged to where one begins again
            }
        }

        @Override
        boolean next() {
            while (block >= oldest) {
                while (left > 0) {
                    int at = starts[--left];
                    view.set(memory, at);
                    if (view.sequence() < before && isWanted() && view.isWhole(block + at, length - at)) {
                        return true;
                    }
                }
                block -= RecordFormat.BLOCK;
                open();
            }
            return false;
        }
    }

    /** The records of one ClientID, by the links from each to the one before. */
    static final class Linked extends RecordCursor {
        private static final int USUAL = 2048; // few records are larger

        private final long before;
        private long position;

        Linked(RecorderRing ring, RecordMatcher matcher, RecorderWords words, int hash, long before) {
            super(ring, matcher, words);
            this.before = before;
            this.position = ring.newest(hash);
            view.set(new byte[USUAL], 0);
        }

        @Override
        boolean next() {
            while (position > 0 && ring.copyRecord(position, view)) {
                position = view.previous() < position ? view.previous() : 0;
                if (view.sequence() < before && isWanted()) {
                    return true;
                }
            }
            position = 0;
            return false;
        }
    }

    /** Of both rings, newest first. */
    static final class Merged {
        private final RecordCursor[] cursors;
        private final boolean[] ready;
        private @Nullable RecordCursor current;

        Merged(RecordCursor... cursors) {
            this.cursors = cursors;
            this.ready = new boolean[cursors.length];
            for (int i = 0; i < cursors.length; i++) {
                ready[i] = cursors[i].next();
            }
        }

        /** The next older record, or null if there is none; valid until the next call. */
        @Nullable
        RecordView next() {
            if (current != null) {
                for (int i = 0; i < cursors.length; i++) {
                    if (cursors[i] == current) {
                        ready[i] = current.next();
                    }
                }
            }
            current = null;
            for (int i = 0; i < cursors.length; i++) {
                if (ready[i]
                        && (current == null
                                || cursors[i].record().sequence()
                                        > current.record().sequence())) {
                    current = cursors[i];
                }
            }
            return current == null ? null : current.record();
        }
    }
}
