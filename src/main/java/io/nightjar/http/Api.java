package io.nightjar.http;

import io.nightjar.message.Traces;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way into the API: finds the route of a request, refuses what a foreign page orders, asks who calls, checks the query's names, hands over to the
 * route, turns every failure into {@code {"code","message"}} and writes the audit log. Because all of that is here, no
 * route can forget it.
 *
 * <p>Thread-safe; runs on the HTTP dispatcher and never blocks.
 */
final class Api {
    /** Path before all routes. */
    static final String BASE = "/api/v5";

    /** Calls that answer without the base too. */
    private static final List<String> ROOT = List.of("/status", "/api-docs/swagger.json");

    private static final Logger LOG = LoggerFactory.getLogger(Api.class);
    private static final List<HttpHeader> HEADERS = List.of(
            RawHeader.create("X-Content-Type-Options", "nosniff"),
            RawHeader.create("X-Frame-Options", "DENY"),
            RawHeader.create("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            RawHeader.create("Referrer-Policy", "no-referrer"),
            RawHeader.create("Cache-Control", "no-store"));

    private final ActorSystem<?> system;
    private final Authentication authentication;
    private final List<Route> routes;
    private final Dashboard dashboard = new Dashboard();

    Api(ActorSystem<?> system, Authentication authentication, List<Route> routes) {
        this.system = system;
        this.authentication = authentication;
        this.routes = List.copyOf(routes);
    }

    /**
     * @param route null if no route answers
     * @param otherMethods methods that do answer at this path
     */
    private record Match(@Nullable Route route, List<String> values, TreeSet<String> otherMethods) {}

    /** Answers a request; the stage never fails. */
    CompletionStage<HttpResponse> handle(HttpRequest request) {
        String method = request.method().name();
        Caller anybody = authentication.anybody(request);
        String raw = request.getHeader(RawRequestURI.class)
                .map(RawRequestURI::uri)
                .orElseGet(() -> request.getUri().toString());
        Target target;
        try {
            target = Target.parse(raw);
        } catch (ApiException e) {
            request.discardEntityBytes(system);
            return Replies.now(finish(request, Replies.error(e)));
        }
        Match match = find(method, target);
        Route route = match.route;
        if (route == null) {
            request.discardEntityBytes(system);
            HttpResponse file = dashboard.answer(request, target);
            return Replies.now(file != null ? file : finish(request, noRoute(method, match)));
        }
        Caller[] caller = {anybody};
        return answer(request, target, route, match.values, caller).handle((response, failure) -> {
            HttpResponse answer = response != null ? response : failed(method, target, failure);
            audit(caller[0], route, target, answer.status().intValue());
            return finish(request, answer);
        });
    }

    private CompletionStage<HttpResponse> answer(
            HttpRequest request, Target target, Route route, List<String> values, Caller[] caller) {
        boolean bodyIsRead = false;
        try {
            ForeignPages.refuse(request);
            caller[0] = authentication.identify(request, route.access());
            Authentication.authorize(caller[0], route.access());
            Supplier<Caller> again = () -> {
                Caller now = authentication.identify(request, route.access());
                Authentication.authorize(now, route.access());
                return now;
            };
            Parameters parameters = Parameters.of(target.query(), route.parameters(), route.repeatable());
            bodyIsRead = route.takesBody();
            return route.handler().handle(new Call(system, request, caller[0], values, parameters, again));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        } finally {
            if (!bodyIsRead) {
                request.discardEntityBytes(system);
            }
        }
    }

    private Match find(String method, Target target) {
        TreeSet<String> others = new TreeSet<>();
        List<String> below = below(target);
        for (Route route : routes) {
            List<String> values = route.match(below);
            if (values != null && route.method().equals(method)) {
                return new Match(route, values, others);
            }
            if (values != null) {
                others.add(route.method());
            }
        }
        return new Match(null, List.of(), others);
    }

    /** Segments below the base; those of some calls that stand at the root too, as health checks expect them there. */
    private static List<String> below(Target target) {
        List<String> segments = target.segments();
        if (ROOT.contains(target.path())) {
            return segments;
        }
        boolean api = segments.size() > 2
                && segments.get(0).equals("api")
                && segments.get(1).equals("v5");
        return api ? segments.subList(2, segments.size()) : List.of();
    }

    private static HttpResponse noRoute(String method, Match match) {
        if (!match.otherMethods.isEmpty()) {
            String allowed = String.join(", ", match.otherMethods);
            return Replies.error(405, "BAD_REQUEST", "this path takes " + allowed + ", not " + method)
                    .addHeader(RawHeader.create("Allow", allowed));
        }
        return Replies.error(
                404,
                "NOT_FOUND",
                "there is nothing here; the dashboard is at /, the API begins at " + BASE + " and is described in "
                        + BASE + "/api-docs/swagger.json");
    }

    private static HttpResponse failed(String method, Target target, Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ApiException e) {
            return Replies.error(e);
        }
        if (cause instanceof Traces.Refused refused) {
            return Replies.error(status(refused.code()), refused.code(), String.valueOf(refused.getMessage()));
        }
        if (cause instanceof TimeoutException) {
            return Replies.error(
                    ApiException.busy("a node did not answer in time; ask again, and see GET /nodes if it lasts"));
        }
        String id = UUID.randomUUID().toString();
        LOG.error("event=http_call_failed id={} method={} path={}", id, method, Text.quote(target.path()), cause);
        return Replies.error(500, "INTERNAL_ERROR", "a fault of the broker; look for " + id + " in its log");
    }

    private static int status(String code) {
        return switch (code) {
            case "NOT_FOUND", "CLIENTID_NOT_FOUND" -> 404;
            case "ALREADY_EXISTS", "DUPLICATE_CONDITION" -> 409;
            case "NODE_ERROR", "SERVICE_UNAVAILABLE" -> 503;
            case "INTERNAL_ERROR" -> 500;
            default -> 400;
        };
    }

    /** A login is a line of its own, right or wrong. */
    private static void audit(Caller caller, Route route, Target target, int status) {
        if (route.method().equals("GET") || route.access() == Route.Access.OPEN) {
            return;
        }
        String query = status < 400 ? Audit.query(target.query()) : "";
        Audit.call(caller, route.method(), target.path(), query, status);
    }

    private static HttpResponse finish(HttpRequest request, HttpResponse response) {
        HttpResponse answer = response.addHeaders(HEADERS);
        boolean dashboard = request.getHeader(Authentication.CLIENT_HEADER)
                .map(header -> header.value().equals("dashboard"))
                .orElse(false);
        // A browser would ask for a password in a window of its own.
        return answer.status().intValue() == 401 && !dashboard
                ? answer.addHeader(RawHeader.create("WWW-Authenticate", "Basic realm=\"nightjar\", charset=\"UTF-8\""))
                : answer;
    }
}
