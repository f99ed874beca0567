package io.nightjar.actor;

import io.nightjar.message.Traces;

/** The limits of traces that are in force on this node. Set by the trace actor, read by any thread. */
final class TraceLimitsNow {
    private volatile Traces.Limits limits;

    TraceLimitsNow(TraceSettings settings) {
        this.limits = new Traces.Limits(settings.maxTraces(), settings.maxFileSize());
    }

    Traces.Limits get() {
        return limits;
    }

    void set(Traces.Limits changed) {
        limits = changed;
    }
}
