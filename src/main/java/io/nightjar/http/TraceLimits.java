package io.nightjar.http;

import io.nightjar.message.Traces;
import java.util.concurrent.CompletionStage;

/** The limits of traces, behind {@code GET} and {@code PUT /tracing}. Thread-safe. */
public interface TraceLimits {
    Traces.Limits get();

    /** Changes the limits on every node. Fails with {@code Traces.Refused} where the configuration does not allow it. */
    CompletionStage<Traces.Limits> set(Traces.Limits values);

    /** The limits that these traces keep to. */
    static TraceLimits of(Traces traces) {
        return new TraceLimits() {
            @Override
            public Traces.Limits get() {
                return traces.limits();
            }

            @Override
            public CompletionStage<Traces.Limits> set(Traces.Limits wanted) {
                return traces.setLimits(wanted);
            }
        };
    }
}
