package io.nightjar.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The limits of traces, behind {@code GET} and {@code PUT /tracing}. Thread-safe. */
public interface TraceLimits {
    /**
     * @param maxTraces most traces in the cluster
     * @param maxFileSize most bytes of one trace's files on one node
     */
    record Values(int maxTraces, long maxFileSize) {}

    Values get();

    /** Changes the limits on every node. Fails with {@code Traces.Refused} if this cannot be done while running. */
    CompletionStage<Values> set(Values values);

    /** Limits from the settings that do not change while the node runs. */
    static TraceLimits fixed(int maxTraces, long maxFileSize) {
        Values values = new Values(maxTraces, maxFileSize);
        return new TraceLimits() {
            @Override
            public Values get() {
                return values;
            }

            @Override
            public CompletionStage<Values> set(Values wanted) {
                return wanted.equals(values)
                        ? CompletableFuture.completedFuture(values)
                        : CompletableFuture.failedFuture(new io.nightjar.message.Traces.Refused(
                                "BAD_REQUEST",
                                "these limits do not change while the node runs; set them in conf/nightjar.conf on"
                                        + " every node and restart"));
            }
        };
    }
}
