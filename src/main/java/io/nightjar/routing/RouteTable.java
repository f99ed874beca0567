package io.nightjar.routing;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.topic.Matched;
import io.nightjar.topic.SharedGroup;
import io.nightjar.topic.SubscriptionTrie;
import io.nightjar.topic.SubscriptionTrie.Added;
import io.nightjar.topic.SubscriptionTrie.Removed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which other node has subscribers for which filter: a column of filters for each {@link Peer}. A peer is recognised by
 * its object, so that a node that left and came back is another peer. Adding twice or removing what is not there
 * changes nothing. Thread-safe; matching takes no lock.
 */
public final class RouteTable {
    private static final SubscriptionOptions ANY = SubscriptionOptions.of(QoS.EXACTLY_ONCE);

    private final SubscriptionTrie<Peer> trie = new SubscriptionTrie<>();
    private final Map<Peer, FilterDigest> digests = new ConcurrentHashMap<>();

    /** Whether the filter is new in the peer's column. */
    public boolean add(Peer peer, String filter) {
        boolean[] added = new boolean[1];
        digests.compute(peer, (key, now) -> {
            FilterDigest digest = now == null ? FilterDigest.EMPTY : now;
            added[0] = trie.add(filter, peer, ANY, 0) != Added.REPLACED;
            return added[0] ? digest.plus(filter) : digest;
        });
        return added[0];
    }

    /** Whether the filter was in the peer's column. */
    public boolean remove(Peer peer, String filter) {
        boolean[] removed = new boolean[1];
        digests.computeIfPresent(peer, (key, now) -> {
            removed[0] = trie.remove(filter, peer) != Removed.ABSENT;
            return removed[0] ? now.minus(filter) : now;
        });
        return removed[0];
    }

    /** Drops a peer's column; answers how many filters it had. Cost: a walk over the filters of all peers. */
    public int removeAll(Peer peer) {
        List<String> column = new ArrayList<>();
        forEachFilter(peer, column::add);
        int removed = 0;
        for (String filter : column) {
            removed += remove(peer, filter) ? 1 : 0;
        }
        digests.computeIfPresent(peer, (key, now) -> now.count() == 0 ? null : now);
        return removed;
    }

    /** The filters of a peer's column; certain only while nobody changes it. */
    public void forEachFilter(Peer peer, Consumer<String> action) {
        trie.forEach((filter, subscription) -> {
            if (subscription.subscriber().equals(peer)) {
                action.accept(filter);
            }
        });
    }

    /** What a peer's column amounts to. */
    public FilterDigest digest(Peer peer) {
        @Nullable FilterDigest now = digests.get(peer);
        return now == null ? FilterDigest.EMPTY : now;
    }

    /** Peers that have a filter, or had one and were not removed. */
    public List<Peer> peers() {
        return List.copyOf(digests.keySet());
    }

    /** Distinct filters of all peers. */
    public long filters() {
        return trie.filters();
    }

    boolean isEmpty() {
        return trie.isEmpty();
    }

    /** Which peers have this shared filter, or null if none. */
    @Nullable
    SharedGroup<Peer> group(String sharedFilter) {
        return trie.group(sharedFilter);
    }

    void match(String topic, Consumer<? super Matched<Peer>> visitor) {
        trie.match(topic, visitor);
    }
}
