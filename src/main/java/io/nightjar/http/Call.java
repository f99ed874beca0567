package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.SystemMaterializer;

/**
 * One call that was matched to a route and may go on: the caller has the role, the query's names are known.
 *
 * @param path decoded values of the variable segments, in order
 * @param again finds out anew who calls, for answers that last; throws {@link ApiException} if they may not any more
 */
record Call(
        ActorSystem<?> system,
        HttpRequest request,
        Caller caller,
        List<String> path,
        Parameters parameters,
        Supplier<Caller> again) {
    /** Longest time for a body to arrive, in milliseconds. */
    private static final long BODY_TIMEOUT_MILLIS = 10_000;

    /** Most bytes of a body: 10,000 ClientIDs of some length. */
    static final long BODY_BYTES = 4L << 20;

    /**
     * The body as JSON. Fails with 400 or 413.
     *
     * @throws ApiException 415 if it comes as anything else, for a form of a foreign page can send the rest
     */
    CompletionStage<JsonNode> body() {
        MediaType type = request.entity().getContentType().mediaType();
        if (!type.equals(MediaTypes.APPLICATION_JSON)) {
            request.discardEntityBytes(system);
            throw new ApiException(
                    415,
                    "UNSUPPORTED_MEDIA_TYPE",
                    "the body comes as " + Text.quote(type.toString())
                            + "; send JSON with the header Content-Type: application/json");
        }
        return request.entity()
                .toStrict(
                        BODY_TIMEOUT_MILLIS,
                        BODY_BYTES,
                        SystemMaterializer.get(system).materializer())
                .handle((strict, failure) -> {
                    if (failure == null) {
                        return Json.parse(strict.getData().toArray());
                    }
                    Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure;
                    if (cause instanceof EntityStreamSizeException) {
                        throw new ApiException(
                                413, "BAD_REQUEST", "the body is longer than " + BODY_BYTES + " bytes; send less");
                    }
                    throw ApiException.badRequest("the body did not arrive whole: " + cause.getMessage());
                });
    }

    /** Value of a variable segment. */
    String path(int index) {
        return path.get(index);
    }

    /** The query as names and values, for the audit log. */
    Map<String, List<String>> query() {
        return parameters.all();
    }
}
