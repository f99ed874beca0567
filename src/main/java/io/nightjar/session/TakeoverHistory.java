package io.nightjar.session;

import io.nightjar.diagnosis.ReturnOrConflict;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.util.ArrayDeque;
import java.util.List;

/** The last takeovers of one ClientID, at most {@link #KEPT}; a session that never saw one has no such object. */
final class TakeoverHistory {
    static final int KEPT = 8;

    private final ArrayDeque<ReturnOrConflict.Takeover> recent = new ArrayDeque<>(KEPT + 1);

    /** Why the old connection ends: {@code discarded} or {@code takeovered}, same client or conflict, and the facts. */
    DisconnectReason reason(AttachRequest old, AttachRequest newcomer, long activeAgoMillis, long nowMillis) {
        ReturnOrConflict.Peer displaced = old.fingerprint();
        ReturnOrConflict.Peer by = newcomer.fingerprint();
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
