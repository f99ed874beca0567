package io.nightjar.topic;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Values by key: a copied array while there are at most {@value #FEW}, a concurrent map above, so that the hundred
 * thousandth subscriber of one filter costs no more than the seventeenth. Writers hold the filter's lock; readers take
 * none.
 */
final class Members<K, V> {
    static final int FEW = 16;

    private static final Object[] NONE = new Object[0];

    private final Function<V, K> keyOf;

    /** An array of V, or a concurrent map of K and V. */
    private volatile Object held = NONE;

    /** Most values the current map ever held: a map whose table is nearly empty is slow to walk. */
    private int peak;

    Members(Function<V, K> keyOf) {
        this.keyOf = keyOf;
    }

    int size() {
        Object now = held;
        return now instanceof Object[] few ? few.length : asMap(now).size();
    }

    boolean isEmpty() {
        Object now = held;
        return now instanceof Object[] few ? few.length == 0 : asMap(now).isEmpty();
    }

    @Nullable
    V get(K key) {
        Object now = held;
        if (now instanceof Object[] few) {
            int i = indexOf(few, key);
            return i < 0 ? null : asValue(few[i]);
        }
        return asMap(now).get(key);
    }

    void forEach(Consumer<? super V> action) {
        Object now = held;
        if (now instanceof Object[] few) {
            for (Object value : few) {
                action.accept(asValue(value));
            }
        } else {
            for (V value : asMap(now).values()) {
                action.accept(value);
            }
        }
    }

    /** Adds or replaces; answers the value replaced. */
    @Nullable
    V put(V value) {
        if (!(held instanceof Object[] few)) {
            ConcurrentHashMap<K, V> many = asMap(held);
            V before = many.put(keyOf.apply(value), value);
            peak = Math.max(peak, many.size());
            return before;
        }
        int i = indexOf(few, keyOf.apply(value));
        if (i >= 0) {
            Object[] copy = few.clone();
            copy[i] = value;
            held = copy;
            return asValue(few[i]);
        } else if (few.length < FEW) {
            Object[] copy = Arrays.copyOf(few, few.length + 1);
            copy[few.length] = value;
            held = copy;
        } else {
            ConcurrentHashMap<K, V> many = new ConcurrentHashMap<>(2 * FEW);
            for (Object old : few) {
                many.put(keyOf.apply(asValue(old)), asValue(old));
            }
            many.put(keyOf.apply(value), value);
            peak = many.size();
            held = many;
        }
        return null;
    }

    @Nullable
    V remove(K key) {
        if (!(held instanceof Object[] few)) {
            ConcurrentHashMap<K, V> many = asMap(held);
            V before = many.remove(key);
            shrink(many);
            return before;
        }
        int i = indexOf(few, key);
        if (i < 0) {
            return null;
        }
        Object[] copy = Arrays.copyOf(few, few.length - 1);
        System.arraycopy(few, i + 1, copy, i, copy.length - i);
        held = copy;
        return asValue(few[i]);
    }

    private void shrink(ConcurrentHashMap<K, V> many) {
        int size = many.size();
        if (size <= FEW / 2) {
            held = many.values().toArray();
        } else if (size < peak / 8) {
            held = new ConcurrentHashMap<>(many);
            peak = size;
        }
    }

    private int indexOf(Object[] few, K key) {
        for (int i = 0; i < few.length; i++) {
            if (keyOf.apply(asValue(few[i])).equals(key)) {
                return i;
            }
        }
        return -1;
    }

    @SuppressWarnings("unchecked")
    private V asValue(Object value) {
        return (V) value;
    }

    @SuppressWarnings("unchecked")
    private ConcurrentHashMap<K, V> asMap(Object map) {
        return (ConcurrentHashMap<K, V>) map;
    }
}
