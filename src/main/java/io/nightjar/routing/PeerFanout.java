package io.nightjar.routing;

import io.nightjar.mqtt.Message;
import io.nightjar.topic.Matched;
import io.nightjar.topic.SharedGroup;
import io.nightjar.topic.Subscription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One message on its way to the other nodes: each gets it once, with the shared filters for which it was chosen. Used
 * once, by one thread.
 */
final class PeerFanout implements Consumer<Matched<Peer>> {
    private final Map<Peer, Parcel> parcels = new LinkedHashMap<>();
    private final List<SharedGroup<Peer>> groups = new ArrayList<>(0);
    private List<String> dropped = List.of();

    @Override
    public void accept(Matched<Peer> matched) {
        matched.forEachPlain(route -> parcel(route).plain = true);
        if (matched.hasGroups()) {
            matched.forEachGroup(groups::add);
        }
    }

    /** The shared filters of other nodes that match. */
    List<SharedGroup<Peer>> groups() {
        return groups;
    }

    /** The peer was chosen for a shared filter. */
    void choose(Subscription<Peer> route, String sharedFilter) {
        Parcel parcel = parcel(route);
        if (parcel.shared.isEmpty()) {
            parcel.shared = new ArrayList<>(2);
        }
        parcel.shared.add(sharedFilter);
    }

    /** Sends to all peers that matched or were chosen; answers how many. */
    int forward(Message message) {
        parcels.forEach((peer, parcel) -> {
            if (!peer.forward(message, parcel.plain, List.copyOf(parcel.shared))) {
                dropped = dropped.isEmpty() ? new ArrayList<>(1) : dropped;
                dropped.add(peer.node());
            }
        });
        return parcels.size();
    }

    /** Names of those nodes whose link was full. */
    List<String> dropped() {
        return dropped;
    }

    private Parcel parcel(Subscription<Peer> route) {
        return parcels.computeIfAbsent(route.subscriber(), peer -> new Parcel());
    }

    private static final class Parcel {
        boolean plain;
        List<String> shared = List.of();
    }
}
