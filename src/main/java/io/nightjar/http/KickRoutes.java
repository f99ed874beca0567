package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.message.ClientView;
import io.nightjar.message.Clients;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Kicks: one client, a list, or all that match a filter at a steady rate. */
final class KickRoutes {
    private static final int BULK_MAX = 10_000;
    private static final int REASON_MAX = 256;
    private static final int PARALLEL = 32;
    private static final int PAGE = 1000;
    private static final int RATE_DEFAULT = 1000;
    private static final int RATE_MAX = 100_000;
    private static final int JOBS_MAX = 4;

    private static final List<String> NAME = List.of("clientid");

    /** Kicks that take longer go on after the answer. */
    private static final int WAIT_SECONDS = 10;

    private final ActorSystem<?> system;
    private final Ports ports;
    private final ListRoom room;
    private final AtomicInteger jobs = new AtomicInteger();

    KickRoutes(ActorSystem<?> system, Ports ports, ListRoom room) {
        this.system = system;
        this.ports = ports;
        this.room = room;
    }

    List<Route> routes() {
        List<String> names = new ArrayList<>(ClientFilters.NAMES);
        names.addAll(List.of("dry_run", "rate", "keep_session", "why"));
        return List.of(
                Route.delete("/clients/{clientid}", this::one, "keep_session", "reason"),
                Route.post("/clients/kickout/bulk", this::bulk, "keep_session", "reason"),
                Route.post("/clients/kickout/query", this::query, names.toArray(String[]::new))
                        .repeatable(ClientFilters.REPEATABLE)
                        .withoutBody());
    }

    private CompletionStage<HttpResponse> one(Call call) {
        boolean keepSession = call.parameters().flag("keep_session");
        return ports.clients()
                .kick(call.path(0), reason(call, "reason"), keepSession)
                .thenApply(kicked -> {
                    if (!kicked) {
                        throw ApiException.clientNotFound(call.path(0));
                    }
                    return Replies.noContent();
                });
    }

    private CompletionStage<HttpResponse> bulk(Call call) {
        boolean keepSession = call.parameters().flag("keep_session");
        DisconnectReason reason = reason(call, "reason");
        return call.body()
                .thenCompose(json -> {
                    List<String> clientIds = clientIds(json);
                    begin();
                    return kick(Source.from(clientIds), reason, keepSession)
                            .whenComplete((tally, failure) -> jobs.decrementAndGet());
                })
                .thenApply(tally -> {
                    if (tally.failed > 0) {
                        throw ApiException.busy(tally.failed + " of the clients could not be asked; " + tally.kicked
                                + " were kicked; send the list again");
                    }
                    return Replies.noContent();
                });
    }

    private static List<String> clientIds(JsonNode json) {
        if (!json.isArray() || json.size() > BULK_MAX) {
            throw ApiException.badRequest("the body must be an array of at most " + BULK_MAX + " ClientIDs");
        }
        List<String> clientIds = new ArrayList<>(json.size());
        for (JsonNode clientId : json) {
            if (!clientId.isTextual()) {
                throw ApiException.badRequest("a ClientID must be a text, not " + Text.quote(clientId.toString()));
            }
            clientIds.add(clientId.asText());
        }
        return clientIds;
    }

    private CompletionStage<HttpResponse> query(Call call) {
        Parameters parameters = call.parameters();
        Map<String, List<String>> filters = ClientFilters.of(
                parameters, ports.traces().nodes(), ports.clock().getZone());
        if (filters.isEmpty()) {
            throw ApiException.badRequest("give at least one filter, or this would kick everybody; if that is wanted,"
                    + " say conn_state=connected");
        }
        int rate = (int) parameters.number("rate", RATE_DEFAULT, 1, RATE_MAX);
        boolean dryRun = parameters.flag("dry_run");
        boolean keepSession = parameters.flag("keep_session");
        DisconnectReason reason = reason(call, "why");
        Job job = new Job(filters, rate, reason, keepSession, ConcurrentHashMap.newKeySet());
        return room.in(1, () -> ports.clients()
                .list(new Clients.Query(filters, "", 0, 1, true, NAME))
                .thenCompose(page -> dryRun ? Replies.now(Replies.ok(dryRun(page, rate))) : start(call, job, page)));
    }

    private static ObjectNode dryRun(Clients.Page page, int rate) {
        ObjectNode answer = Json.object()
                .put("dry_run", true)
                .put("matched", page.count())
                .put("rate", rate)
                .put("seconds", seconds(page.count(), rate));
        return unreachable(answer, page);
    }

    /**
     * Clients to kick by a filter, and how.
     *
     * @param missed nodes that did not answer on the way: who is there was not kicked
     */
    private record Job(
            Map<String, List<String>> filters,
            int rate,
            DisconnectReason reason,
            boolean keepSession,
            Set<String> missed) {
        String outcome() {
            return missed.isEmpty() ? "done" : "done but for " + String.join(", ", missed) + ", which did not answer";
        }
    }

    /** How many were kicked, were gone already, or could not be asked. */
    private record Tally(long kicked, long gone, long failed) {
        Tally plus(Tally other) {
            return new Tally(kicked + other.kicked, gone + other.gone, failed + other.failed);
        }
    }

    private CompletionStage<HttpResponse> start(Call call, Job job, Clients.Page page) {
        begin();
        CompletionStage<Tally> done = kick(
                        walk(job).throttle(job.rate, Duration.ofSeconds(1)), job.reason, job.keepSession)
                .whenComplete((tally, failure) -> {
                    jobs.decrementAndGet();
                    Audit.jobEnded(
                            call.caller(),
                            "kickout_query",
                            tally == null ? 0 : tally.kicked,
                            failure == null ? job.outcome() : String.valueOf(failure.getMessage()));
                });
        long seconds = seconds(page.count(), job.rate);
        ObjectNode answer = unreachable(
                Json.object().put("dry_run", false).put("matched", page.count()).put("rate", job.rate), page);
        if (seconds > WAIT_SECONDS) {
            return Replies.now(Replies.json(202, answer.put("seconds", seconds)));
        }
        return done.thenApply(tally -> {
            if (!job.missed.isEmpty()) {
                answer.set("unreachable_nodes", Json.tree(job.missed));
            }
            return Replies.ok(
                    answer.put("kicked", tally.kicked).put("gone", tally.gone).put("failed", tally.failed));
        });
    }

    /** A kick of many begins. @throws ApiException 400 if there are too many already */
    private void begin() {
        if (jobs.incrementAndGet() > JOBS_MAX) {
            jobs.decrementAndGet();
            throw new ApiException(
                    400,
                    "EXCEED_LIMIT",
                    "there are " + JOBS_MAX + " kicks by filter or list under way; wait for one to end");
        }
    }

    /** ClientIDs of all that match, page after page, each page asked for when the one before is used up. */
    private Source<String, ?> walk(Job job) {
        return Source.unfoldAsync(
                        Optional.of(""),
                        (Optional<String> after) -> after.isEmpty()
                                ? CompletableFuture.completedFuture(
                                        Optional.<Pair<Optional<String>, List<String>>>empty())
                                : ports.clients()
                                        .list(new Clients.Query(job.filters, after.get(), 0, PAGE, false, NAME))
                                        .thenApply(page -> {
                                            job.missed.addAll(page.unreachableNodes());
                                            return step(page);
                                        }))
                .mapConcat(page -> page);
    }

    private static Optional<Pair<Optional<String>, List<String>>> step(Clients.Page page) {
        List<String> clientIds =
                page.clients().stream().map(ClientView::clientId).toList();
        boolean more = page.hasNext() && !clientIds.isEmpty();
        Optional<String> next = more ? Optional.of(clientIds.get(clientIds.size() - 1)) : Optional.empty();
        return Optional.of(Pair.create(next, clientIds));
    }

    private CompletionStage<Tally> kick(Source<String, ?> clientIds, DisconnectReason reason, boolean keepSession) {
        return clientIds
                .mapAsyncUnordered(PARALLEL, clientId -> ports.clients()
                        .kick(clientId, reason, keepSession)
                        .handle((kicked, failure) -> failure != null
                                ? new Tally(0, 0, 1)
                                : kicked ? new Tally(1, 0, 0) : new Tally(0, 1, 0)))
                .runWith(Sink.fold(new Tally(0, 0, 0), Tally::plus), system);
    }

    private static long seconds(long count, int rate) {
        return (count + rate - 1) / rate;
    }

    private static ObjectNode unreachable(ObjectNode answer, Clients.Page page) {
        if (!page.unreachableNodes().isEmpty()) {
            answer.set("unreachable_nodes", Json.tree(page.unreachableNodes()));
        }
        return answer;
    }

    /** Who kicks, through what, and why if they say so. */
    private static DisconnectReason reason(Call call, String parameter) {
        Caller caller = call.caller();
        Detail detail = caller.client().equals("dashboard") && caller.via() == Caller.Via.USER
                ? Detail.DASHBOARD
                : caller.client().equals("cli") ? Detail.CLI : Detail.API;
        DisconnectReason reason = DisconnectReason.of(detail, "by", caller.name());
        String why = call.parameters().text(parameter);
        if (why == null) {
            return reason;
        }
        if (why.length() > REASON_MAX || why.chars().anyMatch(Character::isISOControl)) {
            throw ApiException.badRequest("parameter " + parameter + " must be at most " + REASON_MAX
                    + " characters without control characters");
        }
        return reason.with("why", why);
    }
}
