package io.nightjar.topic;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The members of one shared subscription {@code $share/group/filter} [5.0/4.8.2]. Members stand in an array that can be
 * indexed, so that taking turns costs the same however many there are. Writers hold the filter's lock; readers take
 * none and may, while a member leaves, see another one twice or not at all for one look.
 */
public final class SharedGroup<S> {
    /** How many members one choice looks at for a preferred one, at most. */
    static final int MOST_LOOKED_AT = 1024;

    private static final int FEW = 16;

    private final String filter;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile AtomicReferenceArray<@Nullable Subscription<S>> slots = new AtomicReferenceArray<>(2);
    private volatile int size;

    /** Slot by subscriber, kept only above {@value #FEW} members. */
    private @Nullable Map<S, Integer> places;

    SharedGroup(String filter) {
        this.filter = filter;
    }

    /** The whole filter, {@code $share/group/filter}. */
    public String filter() {
        return filter;
    }

    public int size() {
        return size;
    }

    /** Counts up by one at each call, from 0 and past the largest int to the smallest: whose turn it is. */
    public int turn() {
        return turn.getAndIncrement();
    }

    /** The member in a slot below {@link #size()}, or null if it has just left. */
    public @Nullable Subscription<S> at(int slot) {
        AtomicReferenceArray<@Nullable Subscription<S>> now = slots;
        return slot < now.length() ? now.get(slot) : null;
    }

    /**
     * The next member in turn among those preferred; with none (of the first {@value #MOST_LOOKED_AT} looked at) the
     * next of all if {@code orAny}, else null. Members passed over do not add to the share of the one behind them.
     */
    public @Nullable Subscription<S> next(Predicate<? super S> preferred, boolean orAny) {
        AtomicReferenceArray<@Nullable Subscription<S>> now = slots;
        int members = Math.min(size, now.length());
        if (members == 0) {
            return null;
        }
        int start = turn.getAndIncrement();
        Subscription<S> any = null;
        int looks = Math.min(members, MOST_LOOKED_AT);
        for (int i = 0; i < looks; i++) {
            Subscription<S> member = now.get(Math.floorMod(start + i, members));
            if (member != null && preferred.test(member.subscriber())) {
                if (i > 0) {
                    turn.addAndGet(i);
                }
                return member;
            }
            any = any == null ? member : any;
        }
        return orAny ? any : null;
    }

    public void forEach(Consumer<? super Subscription<S>> action) {
        AtomicReferenceArray<@Nullable Subscription<S>> now = slots;
        int members = Math.min(size, now.length());
        for (int i = 0; i < members; i++) {
            Subscription<S> member = now.get(i);
            if (member != null) {
                action.accept(member);
            }
        }
    }

    /** Adds or replaces; answers whether the member is new. */
    boolean put(Subscription<S> member) {
        int slot = slotOf(member.subscriber());
        if (slot >= 0) {
            slots.set(slot, member);
            return false;
        }
        int end = size;
        if (end == slots.length()) {
            resize(2 * end);
        }
        slots.set(end, member);
        size = end + 1;
        if (places != null) {
            places.put(member.subscriber(), end);
        } else if (end + 1 > FEW) {
            index();
        }
        return true;
    }

    /** Removes; answers whether there was such a member. The last member moves into the gap. */
    boolean remove(S subscriber) {
        int slot = slotOf(subscriber);
        if (slot < 0) {
            return false;
        }
        int end = size - 1;
        Subscription<S> last = slots.get(end);
        if (slot != end && last != null) {
            slots.set(slot, last);
            if (places != null) {
                places.put(last.subscriber(), slot);
            }
        }
        size = end;
        slots.set(end, null);
        if (places != null) {
            places.remove(subscriber);
        }
        if (end <= FEW / 2) {
            places = null;
        }
        if (end > 1 && end < slots.length() / 4) {
            resize(slots.length() / 2);
        }
        return true;
    }

    private int slotOf(S subscriber) {
        if (places != null) {
            return places.getOrDefault(subscriber, -1);
        }
        for (int i = 0; i < size; i++) {
            Subscription<S> member = slots.get(i);
            if (member != null && member.subscriber().equals(subscriber)) {
                return i;
            }
        }
        return -1;
    }

    private void index() {
        Map<S, Integer> all = new HashMap<>();
        for (int i = 0; i < size; i++) {
            Subscription<S> member = slots.get(i);
            if (member != null) {
                all.put(member.subscriber(), i);
            }
        }
        places = all;
    }

    private void resize(int length) {
        AtomicReferenceArray<@Nullable Subscription<S>> other = new AtomicReferenceArray<>(length);
        for (int i = 0; i < size; i++) {
            other.set(i, slots.get(i));
        }
        slots = other;
    }
}
