package io.nightjar.http;

import io.nightjar.auth.Role;
import io.nightjar.message.Traces;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;

/**
 * Whether a caller may read a trace: payloads are for administrators, here as with the messages a session holds. Every
 * piece says itself whether it may show some, because a trace can be deleted and made anew while it is read.
 */
final class TraceAccess {
    private static final String HIDDEN = "a viewer may read traces with payload_encode=hidden only";

    private final Call call;

    TraceAccess(Call call) {
        this.call = call;
    }

    /** @throws ApiException 403 if the caller may not read this trace */
    void check(TraceDefinition trace) {
        if (TraceRules.showsPayloads(trace) && isViewer()) {
            throw forbidden("trace " + Text.quote(trace.name()) + " shows payloads (payload_encode="
                    + trace.payloadEncode() + "); reading it needs the role administrator: " + HIDDEN);
        }
    }

    /** The piece. @throws ApiException 403 if the caller may not read it */
    Traces.LogPiece check(Traces.LogPiece piece) {
        if (piece.payloads() && isViewer()) {
            throw forbidden("this trace shows payloads; reading it needs the role administrator: " + HIDDEN);
        }
        return piece;
    }

    private boolean isViewer() {
        return call.caller().role() != Role.ADMINISTRATOR;
    }

    private static ApiException forbidden(String message) {
        return new ApiException(403, "UNAUTHORIZED_ROLE", message);
    }
}
