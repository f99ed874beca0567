package io.nightjar.http;

import io.nightjar.auth.Role;
import io.nightjar.message.Traces;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceRules;
import java.time.Clock;

/**
 * Whether a caller may read a trace: payloads are for administrators, here as with the messages a session holds. Every
 * piece says itself whether it may show some, because a trace can be deleted and made anew while it is read. A tail or a
 * download may outlast a login or an API key, so every 15 s it is found out again who reads. Thread-safe.
 */
final class TraceAccess {
    private static final String HIDDEN = "a viewer may read traces with payload_encode=hidden only";

    private static final long AGAIN_MILLIS = 15_000;

    private final Call call;
    private final Clock clock;
    private volatile Caller caller;
    private volatile long identifiedAtMillis;

    TraceAccess(Call call, Clock clock) {
        this.call = call;
        this.clock = clock;
        this.caller = call.caller();
        this.identifiedAtMillis = clock.millis();
    }

    /** Finds out again who reads, when it is time. @throws ApiException 401 or 403 if they may not any more */
    void check() {
        long now = clock.millis();
        if (Math.abs(now - identifiedAtMillis) >= AGAIN_MILLIS) { // also when the clock was set back
            caller = call.again().get();
            identifiedAtMillis = now;
        }
    }

    /** @throws ApiException 403 if the caller may not read this trace */
    void check(TraceDefinition trace) {
        if (TraceRules.showsPayloads(trace) && isViewer()) {
            throw forbidden("trace " + Text.quote(trace.name()) + " shows payloads (payload_encode="
                    + trace.payloadEncode() + "); reading it needs the role administrator: " + HIDDEN);
        }
    }

    /** The piece. @throws ApiException 401 or 403 if the caller may not read it, or not any more */
    Traces.LogPiece check(Traces.LogPiece piece) {
        check();
        if (piece.payloads() && isViewer()) {
            throw forbidden("this trace shows payloads; reading it needs the role administrator: " + HIDDEN);
        }
        return piece;
    }

    private boolean isViewer() {
        return caller.role() != Role.ADMINISTRATOR;
    }

    private static ApiException forbidden(String message) {
        return new ApiException(403, "UNAUTHORIZED_ROLE", message);
    }
}
