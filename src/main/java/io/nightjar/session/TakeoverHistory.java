package io.nightjar.session;

import io.nightjar.diagnosis.ReturnOrConflict;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last takeovers of one ClientID, at most {@link #KEPT} and not older than any rule looks back; a session without
 * such has no such object.
 */
final class TakeoverHistory {
    static final int KEPT = 8;

    private final ArrayDeque<ReturnOrConflict.Takeover> recent = new ArrayDeque<>(2);

    /** This history without what no rule looks at any more; null if nothing is left. */
    @Nullable
    TakeoverHistory since(long nowMillis) {
        recent.removeIf(takeover -> nowMillis - takeover.atMillis() > ReturnOrConflict.ALTERNATION_MILLIS);
        return recent.isEmpty() ? null : this;
    }

    /** Takeovers that are remembered. */
    int size() {
        return recent.size();
    }

    /** An equal one that is remembered already, so that devices which come again and again cost one object each. */
    private ReturnOrConflict.Peer shared(ReturnOrConflict.Peer peer) {
        for (ReturnOrConflict.Takeover takeover : recent) {
            if (takeover.displaced().equals(peer)) {
                return takeover.displaced();
            } else if (takeover.by().equals(peer)) {
                return takeover.by();
            }
        }
        return peer;
    }

    /** Why the old connection ends: {@code discarded} or {@code takeovered}, same client or conflict, and the facts. */
    DisconnectReason reason(AttachRequest old, AttachRequest newcomer, long activeAgoMillis, long nowMillis) {
        ReturnOrConflict.Peer displaced = shared(old.fingerprint());
        ReturnOrConflict.Peer by = newcomer.fingerprint();
        by = by.equals(displaced) ? displaced : shared(by);
        ReturnOrConflict.Decision decision =
                ReturnOrConflict.decide(displaced, by, activeAgoMillis, List.copyOf(recent), nowMillis);
        recent.add(new ReturnOrConflict.Takeover(displaced, by, nowMillis));
        if (recent.size() > KEPT) {
            recent.remove();
        }
        Detail detail;
        if (newcomer.cleanStart()) {
            detail = decision.conflict() ? Detail.DISCARDED_CONFLICT : Detail.DISCARDED_SAME_CLIENT;
        } else {
            detail = decision.conflict() ? Detail.TAKEOVERED_CONFLICT : Detail.TAKEOVERED_SAME_CLIENT;
        }
        return DisconnectReason.of(
                detail,
                "rule",
                decision.rule(),
                "old_peer",
                old.peer(),
                "new_peer",
                newcomer.peer(),
                "old_node",
                old.node(),
                "new_node",
                newcomer.node(),
                "old_active_ms_ago",
                Long.toString(activeAgoMillis),
                "alternations",
                Integer.toString(decision.alternations()),
                "alternating_for_ms",
                Long.toString(decision.alternatingMillis()));
    }
}
