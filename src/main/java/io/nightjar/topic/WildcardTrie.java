package io.nightjar.topic;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The trie of the filters that have wildcards: one node for each level, {@code #} kept as a second value of the node
 * above it. Matching takes no lock and walks only nodes whose levels fit the topic, iteratively, so that a topic of
 * 65,535 levels is no danger to the stack.
 *
 * <p>Removal: a node that has become empty is declared dead and unlinked under its parent's lock and its own, in that
 * order. Whoever is about to add to a node checks under its lock that it is not dead and else starts again from the
 * root, so no addition is ever lost in a node that is no longer reachable.
 */
final class WildcardTrie<S> {
    private final TrieNode<S> root = new TrieNode<>("");

    /** Calls the visitor once for each matching filter; answers how many nodes were looked at. */
    int match(String topic, Consumer<? super Matched<S>> visitor) {
        boolean spared = topic.startsWith("$"); // by leading wildcards [5.0/4.7.2-1]
        int looked = 0;
        Pending<S> pending = null;
        TrieNode<S> node = root;
        int start = 0;
        while (true) {
            looked++;
            boolean leading = node == root;
            Matched<S> below = leading && spared ? null : node.below();
            if (below != null) {
                visitor.accept(below);
            }
            TrieNode<S> next = null;
            if (start > topic.length()) {
                Matched<S> here = node.here();
                if (here != null) {
                    visitor.accept(here);
                }
            } else {
                int end = levelEnd(topic, start);
                next = node.child(topic, start, end);
                TrieNode<S> plus = leading && spared ? null : node.plus();
                if (next == null) {
                    next = plus;
                } else if (plus != null) {
                    pending = new Pending<>(plus, end + 1, pending);
                }
                start = end + 1;
            }
            if (next != null) {
                node = next;
            } else if (pending != null) {
                node = pending.node;
                start = pending.start;
                pending = pending.next;
            } else {
                return looked;
            }
        }
    }

    /** Applies a change that adds to a filter with wildcards. */
    void add(String filter, Edit<S> edit) {
        while (!tryAdd(filter, edit)) {
            Thread.onSpinWait();
        }
    }

    private boolean tryAdd(String filter, Edit<S> edit) {
        TrieNode<S> node = root;
        for (int start = 0; start <= filter.length(); ) {
            int end = levelEnd(filter, start);
            if (isBelow(filter, start)) {
                return node.edit(true, edit);
            }
            TrieNode<S> next = node.childOrNew(filter, start, end);
            if (next == null) {
                return false;
            }
            node = next;
            start = end + 1;
        }
        return node.edit(false, edit);
    }

    /** Applies a change that removes from a filter with wildcards, then removes the nodes that are empty. */
    void remove(String filter, Edit<S> edit) {
        List<TrieNode<S>> path = new ArrayList<>();
        TrieNode<S> node = root;
        path.add(node);
        boolean below = false;
        for (int start = 0; start <= filter.length() && !below; ) {
            int end = levelEnd(filter, start);
            below = isBelow(filter, start);
            if (!below) {
                TrieNode<S> next = node.find(filter, start, end);
                if (next == null) {
                    return;
                }
                path.add(next);
                node = next;
            }
            start = end + 1;
        }
        // A node found dead held nothing when it died, so there is nothing to remove.
        if (node.edit(below, edit)) {
            for (int i = path.size() - 1; i > 0 && path.get(i - 1).unlinkIfEmpty(path.get(i)); i--) {}
        }
    }

    /** What a filter with wildcards holds, or null. */
    @Nullable
    Matched<S> find(String filter) {
        TrieNode<S> node = root;
        for (int start = 0; start <= filter.length(); ) {
            int end = levelEnd(filter, start);
            if (isBelow(filter, start)) {
                return node.below();
            }
            TrieNode<S> next = node.find(filter, start, end);
            if (next == null) {
                return null;
            }
            node = next;
            start = end + 1;
        }
        return node.here();
    }

    /** Every filter and what it holds; weakly consistent. */
    void forEach(BiConsumer<String, Matched<S>> action) {
        StringBuilder path = new StringBuilder();
        Deque<Pending<S>> pending = new ArrayDeque<>();
        visit(root, path, pending, action);
        while (!pending.isEmpty()) {
            Pending<S> next = pending.pop();
            path.setLength(next.start);
            if (next.next != null) {
                path.append('/');
            }
            path.append(next.node.level());
            visit(next.node, path, pending, action);
        }
    }

    private void visit(
            TrieNode<S> node, StringBuilder path, Deque<Pending<S>> pending, BiConsumer<String, Matched<S>> action) {
        Matched<S> here = node.here();
        if (here != null) {
            action.accept(path.toString(), here);
        }
        Matched<S> below = node.below();
        if (below != null) {
            action.accept(node == root ? "#" : path + "/#", below);
        }
        int length = path.length();
        Pending<S> notRoot = node == root ? null : new Pending<>(node, length, null);
        node.forEachChild(child -> pending.push(new Pending<>(child, length, notRoot)));
    }

    boolean isEmpty() {
        return root.isEmpty();
    }

    /** Nodes that exist, the root left out; for tests. */
    int nodes() {
        int count = 0;
        Deque<TrieNode<S>> pending = new ArrayDeque<>();
        pending.push(root);
        while (!pending.isEmpty()) {
            count++;
            pending.pop().forEachChild(pending::push);
        }
        return count - 1;
    }

    private static boolean isBelow(String filter, int start) {
        return start == filter.length() - 1 && filter.charAt(start) == '#';
    }

    private static int levelEnd(String text, int start) {
        int slash = text.indexOf('/', start);
        return slash < 0 ? text.length() : slash;
    }

    /** A node still to be looked at, where its next level starts, and those after it. */
    private static final class Pending<S> {
        final TrieNode<S> node;
        final int start;
        final @Nullable Pending<S> next;

        Pending(TrieNode<S> node, int start, @Nullable Pending<S> next) {
            this.node = node;
            this.start = start;
            this.next = next;
        }
    }
}
