package io.nightjar.http;

import static java.util.concurrent.CompletableFuture.supplyAsync;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.auth.ApiKeys;
import io.nightjar.auth.Role;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** API keys. A secret is in the answer that makes it and nowhere else, ever. */
final class ApiKeyRoutes {
    private static final int DESCRIPTION_MAX = 1024;
    private static final String NAME = "^[A-Za-z]+[A-Za-z0-9-_]*$";
    private static final int NAME_MAX = 256;

    private final ApiKeys keys;
    private final Executor blocking;
    private final Clock clock;

    ApiKeyRoutes(Ports ports, Executor blocking) {
        this.keys = ports.apiKeys();
        this.clock = ports.clock();
        this.blocking = blocking;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/api_key", this::list).access(Route.Access.USER),
                Route.post("/api_key", this::create).access(Route.Access.ADMINISTRATOR_USER),
                Route.get("/api_key/{name}", this::show).access(Route.Access.USER),
                Route.delete("/api_key/{name}", this::delete).access(Route.Access.ADMINISTRATOR_USER));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        ArrayNode all = Json.array();
        keys.list().forEach(key -> all.add(json(key)));
        return Replies.now(Replies.ok(all));
    }

    private CompletionStage<HttpResponse> show(Call call) {
        ApiKeys.ApiKey key = keys.find(call.path(0));
        if (key == null) {
            throw missing(call.path(0));
        }
        return Replies.now(Replies.ok(json(key)));
    }

    private CompletionStage<HttpResponse> create(Call call) {
        return call.body().thenComposeAsync(json -> supplyAsync(() -> create(json), blocking));
    }

    private HttpResponse create(JsonNode json) {
        Body body = Body.of(json, "name", "expired_at", "enable", "desc", "role");
        String name = body.text("name", NAME_MAX);
        if (!name.matches(NAME)) {
            throw ApiException.badRequest(
                    "field name must be letters, then letters, digits, - or _, not " + Text.quote(name));
        }
        boolean forever = json.path("expired_at").asText().equals("infinity");
        Long expiredAt = forever ? null : body.time("expired_at", clock.getZone());
        if (expiredAt != null && expiredAt <= clock.millis()) {
            throw ApiException.badRequest("field expired_at is over already; give a later time, or \"infinity\"");
        }
        Role role = Role.of(body.word("role", Role.ADMINISTRATOR.word(), List.of("administrator", "viewer")));
        String description = body.optionalText("desc", DESCRIPTION_MAX);
        ApiKeys.Created created;
        try {
            created = keys.create(
                    name,
                    role == null ? Role.VIEWER : role,
                    description == null ? "" : description,
                    clock.millis(),
                    expiredAt,
                    body.flag("enable", true));
        } catch (IllegalStateException e) {
            throw new ApiException(400, "EXCEED_LIMIT", String.valueOf(e.getMessage()));
        }
        if (created == null) {
            throw new ApiException(409, "ALREADY_EXISTS", "there is an API key " + name + " already; choose another");
        }
        return Replies.ok(json(created.apiKey()).put("api_secret", created.secret()));
    }

    private CompletionStage<HttpResponse> delete(Call call) {
        String name = call.path(0);
        return supplyAsync(() -> keys.delete(name), blocking).thenApply(deleted -> {
            if (!deleted) {
                throw missing(name);
            }
            return Replies.noContent();
        });
    }

    private static ApiException missing(String name) {
        return ApiException.notFound("there is no API key " + Text.quote(name));
    }

    private ObjectNode json(ApiKeys.ApiKey key) {
        Long expiredAt = key.expiredAtMillis();
        return Json.object()
                .put("name", key.name())
                .put("api_key", key.key())
                .put("desc", key.description())
                .put("role", key.role().word())
                .put("enable", key.enabled())
                .put("expired", key.isExpired(clock.millis()))
                .put("created_at", Times.format(key.createdAtMillis(), clock.getZone()))
                .put("expired_at", expiredAt == null ? "infinity" : Times.format(expiredAt, clock.getZone()));
    }
}
