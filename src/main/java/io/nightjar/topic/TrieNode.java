package io.nightjar.topic;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One level of a filter with wildcards. Fields are written under the node's own lock and read without. An only child
 * stands in the node itself; a map is made for the second.
 */
final class TrieNode<S> {
    /** Stands for the children of a node that was removed; nothing may be added to it any more. */
    private static final Object DEAD = new Object();

    private final String level;

    /** What the filter that ends at this level holds. */
    private volatile @Nullable Matched<S> here;

    /** What the filter that goes on with {@code /#} holds. */
    private volatile @Nullable Matched<S> below;

    /** The child of level {@code +}. */
    private volatile @Nullable TrieNode<S> plus;

    /** The other children: null, one node, a map of nodes by level, or {@link #DEAD}. */
    private volatile @Nullable Object children;

    TrieNode(String level) {
        this.level = level;
    }

    String level() {
        return level;
    }

    @Nullable
    Matched<S> here() {
        return here;
    }

    @Nullable
    Matched<S> below() {
        return below;
    }

    @Nullable
    TrieNode<S> plus() {
        return plus;
    }

    /** The child for a level of a topic, given as a range so that an only child is compared without a copy. */
    @Nullable
    TrieNode<S> child(String text, int start, int end) {
        Object now = children;
        if (now == null || now == DEAD) {
            return null;
        } else if (now instanceof TrieNode<?>) {
            TrieNode<S> only = asNode(now);
            boolean same = only.level.length() == end - start && text.startsWith(only.level, start);
            return same ? only : null;
        }
        return asMap(now).get(text.substring(start, end));
    }

    /** The child for a level of a filter, {@code +} included. */
    @Nullable
    TrieNode<S> find(String filter, int start, int end) {
        return isPlus(filter, start, end) ? plus : child(filter, start, end);
    }

    /** The child for a level of a filter, made if absent; null if this node is dead. */
    @Nullable
    TrieNode<S> childOrNew(String filter, int start, int end) {
        TrieNode<S> child = find(filter, start, end);
        return child != null ? child : newChild(filter, start, end);
    }

    private synchronized @Nullable TrieNode<S> newChild(String filter, int start, int end) {
        Object now = children;
        if (now == DEAD) {
            return null;
        }
        TrieNode<S> child = find(filter, start, end);
        if (child != null) {
            return child;
        } else if (isPlus(filter, start, end)) {
            child = new TrieNode<>("+");
            plus = child;
            return child;
        }
        child = new TrieNode<>(filter.substring(start, end));
        if (now == null) {
            children = child;
        } else if (now instanceof TrieNode<?>) {
            ConcurrentHashMap<String, TrieNode<S>> map = new ConcurrentHashMap<>(4);
            map.put(asNode(now).level, asNode(now));
            map.put(child.level, child);
            children = map;
        } else {
            asMap(now).put(child.level, child);
        }
        return child;
    }

    /** Changes one of the two values; false if this node is dead and nothing was done. */
    synchronized boolean edit(boolean belowValue, Edit<S> edit) {
        if (children == DEAD) {
            return false;
        } else if (belowValue) {
            below = edit.apply(below);
        } else {
            here = edit.apply(here);
        }
        return true;
    }

    /** Removes a child that holds nothing and has no children; answers whether it did. */
    synchronized boolean unlinkIfEmpty(TrieNode<S> child) {
        synchronized (child) {
            if (!child.isEmpty()) {
                return false;
            }
            child.children = DEAD;
        }
        Object now = children;
        if (plus == child) {
            plus = null;
        } else if (now == child) {
            children = null;
        } else if (now instanceof ConcurrentHashMap<?, ?>) {
            ConcurrentHashMap<String, TrieNode<S>> map = asMap(now);
            map.remove(child.level);
            if (map.size() == 1) {
                children = map.values().iterator().next();
            }
        }
        return true;
    }

    boolean isEmpty() {
        return here == null && below == null && plus == null && children == null;
    }

    void forEachChild(Consumer<TrieNode<S>> action) {
        TrieNode<S> plusNow = plus;
        if (plusNow != null) {
            action.accept(plusNow);
        }
        Object now = children;
        if (now instanceof TrieNode<?>) {
            action.accept(asNode(now));
        } else if (now instanceof ConcurrentHashMap<?, ?>) {
            asMap(now).values().forEach(action);
        }
    }

    private static boolean isPlus(String filter, int start, int end) {
        return end - start == 1 && filter.charAt(start) == '+';
    }

    @SuppressWarnings("unchecked")
    private TrieNode<S> asNode(Object node) {
        return (TrieNode<S>) node;
    }

    @SuppressWarnings("unchecked")
    private ConcurrentHashMap<String, TrieNode<S>> asMap(Object map) {
        return (ConcurrentHashMap<String, TrieNode<S>>) map;
    }
}
