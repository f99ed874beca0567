package io.nightjar.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightjar.auth.Administrators;
import io.nightjar.auth.ApiKeys;
import io.nightjar.message.Clients;
import io.nightjar.message.History;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import scala.concurrent.duration.FiniteDuration;

/** The HTTP listener of one node. */
public final class HttpServer {
    /** Longest request target: a ClientID of 65,535 bytes, each as a percent escape, and a path around it. */
    private static final int URI_BYTES = 256 << 10;

    /** A slow reader of a download is given up after this. */
    private static final FiniteDuration IDLE = FiniteDuration.create(3, TimeUnit.MINUTES);

    /** A call that has not begun to answer by then gets 503; more than any timeout between nodes. */
    private static final FiniteDuration REQUEST = FiniteDuration.create(60, TimeUnit.SECONDS);

    private static final int BACKLOG = 511;

    /** Pekko's warnings print the header that is wrong: of a mistyped Authorization that is the secret. */
    private static final Config QUIET = ConfigFactory.parseMap(Map.of(
            "pekko.http.server.parsing.illegal-header-warnings", "off",
            "pekko.http.server.parsing.error-logging-verbosity", "off"));

    private final ServerBinding binding;

    private HttpServer(ServerBinding binding) {
        this.binding = binding;
    }

    /** Starts the listener; the stage fails if the port is taken. */
    public static CompletionStage<HttpServer> start(
            ActorSystem<?> system,
            HttpSettings settings,
            Clients clients,
            Traces traces,
            Counters counters,
            Administrators administrators,
            ApiKeys apiKeys,
            BooleanSupplier ready,
            Clock clock,
            History history) {
        TraceLimits limits = TraceLimits.of(traces);
        return start(
                system,
                settings,
                new Ports(clients, traces, counters, administrators, apiKeys, ready, clock, limits, history));
    }

    /** Starts the listener; the stage fails if the port is taken. */
    public static CompletionStage<HttpServer> start(ActorSystem<?> system, HttpSettings settings, Ports ports) {
        Tokens tokens = new Tokens(settings.tokenLifetime().toMillis());
        Authentication authentication = new Authentication(ports.apiKeys(), tokens, ports.clock());
        Api api = new Api(system, authentication, routes(system, settings, ports, tokens));
        return Http.get(system)
                .newServerAt(settings.host(), settings.port())
                .withSettings(serverSettings(system, settings))
                .bind(api::handle)
                .thenApply(HttpServer::new);
    }

    /** The port in use. */
    public int port() {
        return binding.localAddress().getPort();
    }

    /** Takes no more connections, lets the calls that run end for so long, then closes. */
    public CompletionStage<Void> stop(Duration deadline) {
        return binding.terminate(deadline).thenApply(done -> null);
    }

    /** All calls of the API. */
    static List<Route> routes(ActorSystem<?> system, HttpSettings settings, Ports ports, Tokens tokens) {
        Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
        LoginLimit limit = new LoginLimit(settings.loginAttemptsPerMinute());
        ListRoom room = new ListRoom();
        List<Route> routes = new ArrayList<>();
        routes.addAll(new LoginRoutes(ports, tokens, limit, blocking).routes());
        routes.addAll(new ApiKeyRoutes(ports, blocking).routes());
        routes.addAll(new StatusRoutes(ports).routes());
        routes.addAll(new LimitRoutes(ports).routes());
        routes.addAll(new MetricsRoutes(ports).routes());
        routes.addAll(new ClientRoutes(ports, room).routes());
        routes.addAll(new SubscribeRoutes(ports).routes());
        routes.addAll(new HeldRoutes(ports).routes());
        routes.addAll(new KickRoutes(system, ports, room).routes());
        routes.addAll(new TraceRoutes(ports, settings).routes());
        routes.addAll(new HistoryRoutes(ports).routes());
        routes.addAll(new DisconnectRoutes(ports).routes());
        return routes;
    }

    private static ServerSettings serverSettings(ActorSystem<?> system, HttpSettings settings) {
        ServerSettings defaults =
                ServerSettings.create(QUIET.withFallback(system.settings().config()));
        ParserSettings parser = defaults.getParserSettings()
                .withMaxUriLength(URI_BYTES)
                .withUriParsingMode(Uri.RELAXED)
                .withMaxContentLength(Call.BODY_BYTES);
        return defaults.withParserSettings(parser)
                .withMaxConnections(settings.maxConnections())
                .withBacklog(BACKLOG)
                .withRawRequestUriHeader(true)
                .withRemoteAddressAttribute(true)
                .withServerHeader(Optional.empty())
                .withTimeouts(defaults.getTimeouts().withIdleTimeout(IDLE).withRequestTimeout(REQUEST));
    }
}
