package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Answers of the API. */
final class Replies {
    /** Header, or trailer of a download, with the nodes whose part is missing. */
    static final String UNREACHABLE_NODES = "Nightjar-Unreachable-Nodes";

    private Replies() {}

    static HttpResponse json(int status, JsonNode body) {
        return HttpResponse.create()
                .withStatus(StatusCodes.get(status))
                .withEntity(ContentTypes.APPLICATION_JSON, Json.bytes(body));
    }

    static HttpResponse ok(JsonNode body) {
        return json(200, body);
    }

    static CompletionStage<HttpResponse> now(HttpResponse response) {
        return CompletableFuture.completedFuture(response);
    }

    static HttpResponse noContent() {
        return HttpResponse.create().withStatus(StatusCodes.NO_CONTENT);
    }

    static HttpResponse text(int status, ContentType.NonBinary type, String text) {
        return HttpResponse.create().withStatus(StatusCodes.get(status)).withEntity(type, text);
    }

    /** Names in a header the nodes that did not answer, where the body has no place for them. */
    static HttpResponse partial(HttpResponse response, List<String> missing) {
        return missing.isEmpty()
                ? response
                : response.addHeader(RawHeader.create(UNREACHABLE_NODES, String.join(", ", missing)));
    }

    static HttpResponse error(int status, String code, String message) {
        return json(status, Json.object().put("code", code).put("message", message));
    }

    static HttpResponse error(ApiException e) {
        HttpResponse response = error(e.status(), e.code(), String.valueOf(e.getMessage()));
        return e.retryAfterSeconds() == 0
                ? response
                : response.addHeader(RawHeader.create("Retry-After", Integer.toString(e.retryAfterSeconds())));
    }
}
