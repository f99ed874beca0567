package io.nightjar.http;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * Bounds the lists of clients that are under way at once: each is held in memory as a whole, some 4 KB a client as objects
 * and JSON, and one with filters asks every session there is. Thread-safe.
 */
final class ListRoom {
    /** Clients in all lists together: some 160 MB. */
    static final int CLIENTS = 40_000;

    /** What a list counts at least, however few it is to have: so there are at most 40. */
    static final int LEAST = 1000;

    private final Semaphore free = new Semaphore(CLIENTS);

    /**
     * Makes a list if there is room.
     *
     * @param limit most clients in it
     * @throws ApiException 503 if there is none
     */
    CompletionStage<HttpResponse> in(int limit, Supplier<CompletionStage<HttpResponse>> list) {
        int size = Math.min(CLIENTS, Math.max(LEAST, limit));
        if (!free.tryAcquire(size)) {
            throw ApiException.busy("this node is making lists of " + CLIENTS
                    + " clients together already; ask again, or for fewer with limit and fields");
        }
        CompletionStage<HttpResponse> answer;
        try {
            answer = list.get();
        } catch (RuntimeException e) {
            free.release(size);
            throw e;
        }
        return answer.whenComplete((response, failure) -> free.release(size));
    }
}
