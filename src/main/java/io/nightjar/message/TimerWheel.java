package io.nightjar.message;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A hashed wheel of deadlines for one event loop: no timer object per session or connection, the entries link
 * themselves (a Pekko timer is 350 bytes per session). A deadline fires at the first tick after it, never before.
 *
 * <p>Owned by the loop's thread: every call comes from it.
 */
public final class TimerWheel {
    /** Milliseconds between ticks; how late a deadline may fire. */
    public static final long TICK_MILLIS = 100;

    private static final int SLOTS = 2048;

    private final Entry[] slots = new Entry[SLOTS];
    private long tick;
    private int size;

    public TimerWheel(long nowMillis) {
        this.tick = nowMillis / TICK_MILLIS;
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Head();
        }
    }

    /** Sets or moves an entry's deadline; {@link Long#MAX_VALUE} keeps it in the wheel without one. */
    public void set(Entry entry, long deadlineMillis) {
        remove(entry);
        entry.deadlineMillis = deadlineMillis;
        link(entry);
        size++;
    }

    /** Takes an entry out, if it is in. */
    public void remove(Entry entry) {
        if (entry.next != null) {
            unlink(entry);
            size--;
        }
    }

    /** Entries in the wheel. */
    public int size() {
        return size;
    }

    /** Fires what is due. An entry that fires is out of the wheel unless it sets itself again. */
    public void advance(long nowMillis) {
        long target = nowMillis / TICK_MILLIS;
        if (target - tick > SLOTS) {
            tick = target - SLOTS;
        }
        while (tick < target) {
            tick++;
            fire(slots[(int) (tick % SLOTS)], nowMillis);
        }
    }

    /** Shows every entry; the consumer may remove the one it is shown. */
    public void forEach(Consumer<Entry> consumer) {
        for (Entry head : slots) {
            Entry entry = head.next;
            while (entry != null && entry != head) {
                Entry next = entry.next;
                consumer.accept(entry);
                entry = next;
            }
        }
    }

    private void fire(Entry head, long nowMillis) {
        // The slot's entries move to a chain of their own first: a handler may set or remove any entry.
        Entry due = new Head();
        if (head.next == head || head.next == null || head.previous == null) {
            return;
        }
        due.next = head.next;
        due.previous = head.previous;
        due.next.previous = due;
        due.previous.next = due;
        head.next = head;
        head.previous = head;
        while (due.next != null && due.next != due) {
            Entry entry = due.next;
            unlink(entry);
            if (entry.deadlineMillis <= nowMillis) {
                size--;
                entry.onDeadline(nowMillis);
            } else {
                link(entry);
            }
        }
    }

    private void link(Entry entry) {
        long due = entry.deadlineMillis == Long.MAX_VALUE
                ? tick + SLOTS - 1
                : Math.max(tick + 1, (entry.deadlineMillis + TICK_MILLIS - 1) / TICK_MILLIS);
        Entry head = slots[(int) (Math.min(due, tick + SLOTS - 1) % SLOTS)];
        Entry last = head.previous;
        entry.previous = last;
        entry.next = head;
        head.previous = entry;
        if (last != null) {
            last.next = entry;
        }
    }

    private static void unlink(Entry entry) {
        if (entry.previous != null && entry.next != null) {
            entry.previous.next = entry.next;
            entry.next.previous = entry.previous;
        }
        entry.next = null;
        entry.previous = null;
    }

    /** One deadline, linked into the wheel of its loop. */
    public abstract static class Entry {
        private @Nullable Entry next;
        private @Nullable Entry previous;
        private long deadlineMillis;

        /** What was set last. */
        protected final long deadlineMillis() {
            return deadlineMillis;
        }

        /** The deadline passed. Called on the loop's thread. */
        protected abstract void onDeadline(long nowMillis);
    }

    private static final class Head extends Entry {
        Head() {
            super.next = this;
            super.previous = this;
        }

        @Override
        protected void onDeadline(long nowMillis) {
            throw new IllegalStateException("the head of a slot has no deadline");
        }
    }
}
