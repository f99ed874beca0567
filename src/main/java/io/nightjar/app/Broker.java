package io.nightjar.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightjar.actor.ClientsService;
import io.nightjar.actor.ClusterLinks;
import io.nightjar.actor.HistoryService;
import io.nightjar.actor.LoopDispatcher;
import io.nightjar.actor.LoopsSetup;
import io.nightjar.actor.SessionDirectory;
import io.nightjar.actor.SessionServices;
import io.nightjar.actor.SessionSharding;
import io.nightjar.actor.TraceClusterService;
import io.nightjar.auth.AclRules;
import io.nightjar.auth.Administrators;
import io.nightjar.auth.AllowAll;
import io.nightjar.auth.ApiKeys;
import io.nightjar.auth.Authenticator;
import io.nightjar.auth.EnhancedAuthenticator;
import io.nightjar.auth.PasswordFile;
import io.nightjar.auth.SystemTopics;
import io.nightjar.connection.AuthLimits;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.diagnosis.RecordedEvents;
import io.nightjar.http.HttpServer;
import io.nightjar.limits.Alarm;
import io.nightjar.limits.MachineFigures;
import io.nightjar.limits.MachineFigures.ListenerFigures;
import io.nightjar.message.SessionCommand;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.metrics.OpenFiles;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.net.AdmissionControl;
import io.nightjar.net.Descriptors;
import io.nightjar.net.EnhancedAuthentication;
import io.nightjar.net.Listener;
import io.nightjar.net.ListenerSettings;
import io.nightjar.net.LoopClock;
import io.nightjar.net.NetContext;
import io.nightjar.net.NettyLoops;
import io.nightjar.net.OpenConnections;
import io.nightjar.routing.RetainedLimits;
import io.nightjar.routing.RetainedMessages;
import io.nightjar.routing.Router;
import io.nightjar.store.RecorderFile;
import io.nightjar.trace.Tracer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node of Nightjar, wired: made by {@link #start}, ended by {@link #stop}. Several may live in one JVM (tests). */
public final class Broker {
    private static final Logger log = LoggerFactory.getLogger(Broker.class);
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Settings settings;
    private final InstantSource steady = new SteadyClock();
    private final InstantSource clock = new LoopClock(steady);
    private final Counters counters = new Counters();
    private final Tracer tracer = new Tracer();
    private final SessionDirectory directory = new SessionDirectory();
    private final RetainedMessages retained;
    private final Router router;
    private final NettyLoops loops;
    private final OpenConnections connections;
    private final AdmissionControl admission;
    private final ActorSystem<Void> system;
    private final ClusterMembership membership;
    private final SysTree sysTree;
    private final ClientEventTopics clientEvents;
    private final EndLog endLog;
    private final MachineReader machine = new MachineReader();
    private final LimitWatch limits;
    private final List<Listener> listeners = new ArrayList<>();
    private @Nullable PasswordFile passwords;
    private @Nullable TraceClusterService traces;
    private @Nullable RecorderFile recorder;
    private volatile @Nullable Descriptors descriptors;
    private @Nullable HttpServer http;
    private volatile @Nullable ClusterLinks clusterLinks;
    private @Nullable String firstPassword;
    private volatile boolean ready;
    private boolean stopped;

    private Broker(Settings settings, boolean inProcess) {
        this.settings = settings;
        this.endLog = new EndLog(counters, settings.nodeName(), settings.endLinesPerSecond(), clock);
        Settings.Retained limits = settings.retained();
        this.retained = new RetainedMessages(
                new RetainedLimits(limits.maxCount(), limits.maxPayloadBytes(), limits.maxBytes()),
                counters,
                clock::millis);
        this.router = new Router(counters, retained, settings.nodeName(), clock::millis);
        router.setTracer(tracer);
        int cores = Runtime.getRuntime().availableProcessors();
        this.loops = inProcess ? NettyLoops.inProcess(cores, steady) : new NettyLoops(cores, true, steady);
        this.connections = new OpenConnections(loops);
        this.admission = new AdmissionControl(settings.admission().forLoops(loops.count()), loops, clock, counters);
        this.system = system(settings, loops);
        this.sysTree = new SysTree(
                new SysTree.About(settings.nodeName(), version(), this::figures, this::peers),
                counters,
                router::route,
                clock,
                InstantSource.system(),
                settings.sysTopics().intervalMillis());
        this.clientEvents = new ClientEventTopics(
                settings.hasClientEvents(), settings::hasClientEvents, router, counters, clock, InstantSource.system());
        this.limits = new LimitWatch(
                settings.targetConnections(), machine, this::listenerFigures, counters, InstantSource.system());
        this.membership = new ClusterMembership(system, settings.cluster().seedNodes());
    }

    /** The actor system, or no thread at all: the loops run already. */
    private static ActorSystem<Void> system(Settings settings, NettyLoops loops) {
        try {
            return ActorSystem.create(
                    Behaviors.empty(),
                    "nightjar",
                    ActorSystemSetup.create(BootstrapSetup.create(config(settings)), new LoopsSetup(loops)));
        } catch (RuntimeException e) {
            loops.shutdown();
            throw e;
        }
    }

    /**
     * Starts a node: returns when it is a member of its cluster, gets its share of the sessions, and its listeners are
     * open.
     *
     * @throws IllegalStateException with words for the operator if an address cannot be had or the cluster not joined
     */
    public static Broker start(Settings settings) {
        return start(settings, false);
    }

    /**
     * Starts a whole node whose MQTT listeners are reached from this JVM only, over Netty's LocalChannel by the name {@code
     * node/listener} as in {@code n1/tcp:default}: to measure more connections than there are descriptors.
     */
    public static Broker startInProcess(Settings settings) {
        return start(settings, true);
    }

    private static Broker start(Settings settings, boolean inProcess) {
        Broker broker = new Broker(settings, inProcess);
        try {
            broker.open();
        } catch (RuntimeException e) {
            broker.stop();
            throw e;
        }
        return broker;
    }

    private static Config config(Settings settings) {
        Map<String, Object> own = new HashMap<>();
        own.put(
                "pekko.remote.artery.canonical.hostname",
                settings.cluster().bind().getHostString());
        own.put("pekko.remote.artery.canonical.port", settings.cluster().bind().getPort());
        own.put("pekko.cluster.roles", List.of(ClientsService.NODE_ROLE + settings.nodeName()));
        own.put(SessionSharding.DISPATCHER + ".type", "Dispatcher");
        own.put(SessionSharding.DISPATCHER + ".executor", "io.nightjar.actor.LoopDispatcher");
        own.put(SessionSharding.DISPATCHER + ".throughput", 64);
        own.put(SessionSharding.DISPATCHER + ".mailbox-type", SessionSharding.MAILBOX);
        own.put(SessionSharding.REGION_DISPATCHER + ".type", "Dispatcher");
        own.put(SessionSharding.REGION_DISPATCHER + ".executor", "io.nightjar.actor.LoopDispatcher");
        own.put(SessionSharding.REGION_DISPATCHER + "." + LoopDispatcher.OF_CALLER, true);
        own.put("pekko.cluster.sharding.use-dispatcher", SessionSharding.REGION_DISPATCHER);
        return ConfigFactory.parseMap(own, "the broker").withFallback(settings.config());
    }

    private void open() {
        try {
            Files.createDirectories(settings.dataDir());
        } catch (IOException e) {
            throw new UncheckedIOException("nightjar.data-dir " + settings.dataDir() + " cannot be made", e);
        }
        RecorderFile flights =
                RecorderFile.open(settings.dataDir(), settings.recorder().sizeBytes(), settings.nodeName(), counters);
        flights.started(InstantSource.system().millis());
        recorder = flights;
        Settings.Trace trace = settings.trace();
        traces = TraceClusterService.start(
                system,
                tracer,
                new io.nightjar.actor.TraceSettings(
                        settings.dataDir().resolve("trace"),
                        trace.maxTraces(),
                        trace.maxFileBytes(),
                        trace.queueLength(),
                        trace.minFreeDiskBytes()),
                counters,
                settings.nodeName(),
                Clock.system(ZoneId.systemDefault()));
        ClusterLinks links =
                ClusterLinks.start(system, settings.nodeName(), router, retained, counters, LinkLimits.of(settings));
        clusterLinks = links;
        links.onNodeLost(this::nodeLost);
        SessionServices services = new SessionServices(
                settings.nodeName(),
                loops,
                router,
                settings.mqtt().sessionLimits(),
                directory,
                counters,
                tracer,
                clock,
                InstantSource.system(),
                settings.mqtt().mailboxLength(),
                ends(flights).andThen(clientEvents::lost),
                flights);
        SessionSharding sessions = SessionSharding.start(system, services);
        await(
                membership.join(),
                "the cluster was not joined: see nightjar.cluster.seed-nodes "
                        + settings.cluster().seedNodes());
        await(
                sessions.registered(system),
                "the cluster was joined, but the node that places its sessions did not answer: see the log of "
                        + settings.cluster().seedNodes());
        sweepRetained();
        tellOfManyEnds();
        flushRecorder(flights);
        listen(context(sessions, links, flights));
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseServiceUnbind(), "nightjar-listeners", this::closeListeners);
        serve();
        ready = true;
        publishSysTree();
        watchLimits();
        log.info("event=node_started {}", describe().replace('\n', ' '));
    }

    /** The recorder first: it has the end whatever becomes of the log line. */
    private Consumer<ConnectionEnd> ends(FlightRecorder flights) {
        Consumer<ConnectionEnd> recorder = flights::ended;
        return recorder.andThen(endLog);
    }

    /** Shared out when all but clients is there; where the system does not tell how many there are, without a limit. */
    private Descriptors shareDescriptors() {
        // Looked for everywhere, it opens every jar: one that is opened when there is no descriptor left fails for
        // good.
        log.debug("event=class_path_opened {}", Broker.class.getResource("/no/such/resource"));
        Long soft = machine.read(List.of()).get(MachineFigures.FILES_SOFT);
        long open = OpenFiles.OF_PROCESS.countNow();
        Descriptors shared = soft == null || open < 0
                ? Descriptors.unlimited(counters)
                : Descriptors.of(soft, open, settings.reservedDescriptors(), counters);
        descriptors = shared;
        limits.watch(shared);
        return shared;
    }

    private Descriptors descriptors() {
        return java.util.Objects.requireNonNull(descriptors);
    }

    private NetContext context(SessionSharding sessions, ClusterLinks links, FlightRecorder flights) {
        Settings.Authorization rules = settings.authorization();
        return new NetContext(
                settings.nodeName(),
                loops,
                admission,
                sessions,
                router,
                authenticator(),
                enhanced(),
                new SystemTopics(
                        new AclRules(rules.rules(), rules.noMatchAllows(), rules.denyDisconnects(), rules.denyCode()),
                        rules.denyDisconnects(),
                        rules.denyCode()),
                tracer,
                counters,
                new LinkBackpressure(links),
                ends(flights),
                links.connections()::remove,
                clientEvents,
                clock,
                InstantSource.system(),
                settings.mqtt().sessionUnavailableTimeoutMillis(),
                flights,
                shareDescriptors());
    }

    private Authenticator authenticator() {
        Settings.Authentication authentication = settings.authentication();
        if (authentication.passwordFile() == null) {
            return new AllowAll();
        }
        try {
            PasswordFile file = new PasswordFile(
                    authentication.passwordFile(),
                    authentication.maxPending(),
                    authentication.threads(),
                    authentication.cacheSize());
            passwords = file;
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "nightjar.authentication.password-file " + authentication.passwordFile() + " cannot be read", e);
        }
    }

    /** Comes after {@link #authenticator}, which opens the users. */
    private EnhancedAuthentication enhanced() {
        Settings.EnhancedMethods enhanced = settings.authentication().enhanced();
        List<EnhancedAuthenticator> offered =
                passwords != null && !enhanced.methods().isEmpty()
                        ? List.of(passwords.scram(enhanced.maxExchanges()))
                        : List.of();
        return new EnhancedAuthentication(
                offered,
                new AuthLimits(enhanced.exchangeTimeoutMillis(), enhanced.maxRounds(), enhanced.maxDataBytes()),
                enhanced.maxExchanges());
    }

    private void listen(NetContext context) {
        for (ListenerSettings listener : settings.listeners()) {
            listeners.add(await(Listener.start(context, listener), "the listener did not start"));
        }
    }

    private void serve() {
        try {
            Administrators.FirstStart first =
                    Administrators.openOrCreate(settings.dataDir(), System.getenv("NIGHTJAR_ADMIN_PASSWORD"));
            firstPassword = first.password();
            ClientsService clients = ClientsService.start(
                    system, settings.nodeName(), directory, counters, this::figures, this.limits::show);
            http = await(
                    HttpServer.start(
                            system,
                            HttpSettingsOf.settings(
                                    settings, descriptors().plan().http()),
                            clients,
                            java.util.Objects.requireNonNull(traces),
                            counters,
                            first.administrators(),
                            ApiKeys.open(settings.dataDir()),
                            () -> ready,
                            Clock.system(ZoneId.systemDefault()),
                            HistoryService.start(system, settings.nodeName(), recorded())),
                    "nightjar.http.bind " + settings.http().bind() + " cannot be had");
        } catch (IOException e) {
            throw new UncheckedIOException("nightjar.data-dir " + settings.dataDir() + " cannot be used", e);
        }
    }

    private void sweepRetained() {
        Duration every = Duration.ofSeconds(30);
        system.scheduler()
                .scheduleWithFixedDelay(every, every, () -> retained.sweep(clock.millis()), system.executionContext());
    }

    private void flushRecorder(RecorderFile flights) {
        Duration every = Duration.ofSeconds(1);
        system.scheduler()
                .scheduleWithFixedDelay(
                        every, every, () -> flights.flush(InstantSource.system().millis()), system.executionContext());
    }

    private void tellOfManyEnds() {
        Duration every = Duration.ofSeconds(1);
        system.scheduler().scheduleWithFixedDelay(every, every, endLog::tick, system.executionContext());
    }

    private void publishSysTree() {
        Duration every = Duration.ofSeconds(1);
        if (settings.sysTopics().intervalMillis() > 0) {
            system.scheduler().scheduleWithFixedDelay(Duration.ZERO, every, sysTree::tick, system.executionContext());
        }
    }

    private void watchLimits() {
        Duration every = Duration.ofMillis(LimitWatch.PERIOD_MILLIS);
        limits.warn();
        system.scheduler()
                .scheduleWithFixedDelay(
                        Duration.ZERO, every, limits::tick, system.dispatchers().lookup(DispatcherSelector.blocking()));
    }

    private List<ListenerFigures> listenerFigures() {
        return listeners.stream()
                .map(listener -> new ListenerFigures(
                        listener.id(),
                        listener.settings().key(),
                        listener.settings().backlog(),
                        listener.settings().maxConnections(),
                        (long) listener.connections()))
                .toList();
    }

    private List<String> peers() {
        ClusterLinks links = clusterLinks;
        return links == null ? List.of() : links.peers();
    }

    /** A node left: connections here whose session it held end, sessions here whose connection it held are told. */
    private void nodeLost(String node) {
        connections.endThoseOfNode(node, DisconnectReason.of(Detail.NODE_LOST, "session_node", node));
        retained.forget(SysTree.filterOf(node));
        SessionCommand.NodeLost lost = new SessionCommand.NodeLost(node);
        directory.all().values().forEach(session -> session.tell(lost));
    }

    private Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("node", settings.nodeName());
        figures.put("node_status", ready ? "running" : "starting");
        figures.put(
                "connections",
                listeners.stream().mapToInt(Listener::connections).sum());
        figures.put(
                "live_connections",
                counters.get(Counter.CONNECTIONS_ESTABLISHED) - counters.get(Counter.CLIENTS_DISCONNECTED));
        figures.put("connects_waiting", admission.waiting());
        figures.put("connects_in_progress", admission.inside());
        figures.put("sessions", directory.size());
        figures.put("subscriptions", router.subscriptions());
        figures.put("topics", router.filters());
        figures.put("retained", retained.count());
        figures.put("version", version());
        figures.put("nodes", 1 + peers().size());
        figures.put("direct_memory", loops.directMemoryBytes());
        List<String> standing = limits.raised().stream().map(Alarm::name).toList();
        figures.put("alarms", standing.size());
        figures.put("alarm_names", standing);
        figures.put("listener_connections", byListener(Listener::connections));
        figures.put("listener_connections_max", byListener(listener -> listener.settings()
                .maxConnections()));
        return figures;
    }

    private Map<String, Integer> byListener(Function<Listener, Integer> figure) {
        Map<String, Integer> all = new LinkedHashMap<>();
        listeners.forEach(listener -> all.put(listener.id(), figure.apply(listener)));
        return all;
    }

    private static <T> T await(CompletionStage<T> stage, String otherwise) {
        try {
            return stage.toCompletableFuture()
                    .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String why = cause instanceof TimeoutException ? "" : ": " + cause.getMessage();
            throw new IllegalStateException(otherwise + why, cause);
        }
    }

    // ---- what others see

    /** The administrator's password if this start made one: to be shown once. */
    public @Nullable String firstPassword() {
        return firstPassword;
    }

    /** Port of a plain TCP listener by name. */
    public int mqttPort(String listener) {
        return port("tcp:" + listener);
    }

    /** Port of a listener by its id, as in {@code wss:default}. */
    public int port(String listener) {
        return listeners.stream()
                .filter(each -> each.id().equals(listener))
                .findFirst()
                .orElseThrow()
                .port();
    }

    public int httpPort() {
        return java.util.Objects.requireNonNull(http).port();
    }

    /** What this node's flight recorder can be asked. */
    public RecordedEvents recorded() {
        return java.util.Objects.requireNonNull(recorder);
    }

    /** {@code host:port} that other nodes name as a seed. */
    public String clusterAddress() {
        return membership.address();
    }

    public Counters counters() {
        return counters;
    }

    /** Where it serves, one {@code name=value} a line: node, listener.tcp.default, http, cluster. */
    public String describe() {
        StringBuilder text = new StringBuilder("node=" + settings.nodeName());
        for (Listener listener : listeners) {
            ListenerSettings of = listener.settings();
            text.append("\nlistener.")
                    .append(of.transport().word())
                    .append('.')
                    .append(of.name())
                    .append('=');
            text.append(of.bind().getHostString()).append(':').append(listener.port());
        }
        text.append("\nhttp=")
                .append(settings.http().bind().getHostString())
                .append(':')
                .append(httpPort());
        return text.append("\ncluster=").append(clusterAddress()).toString();
    }

    /** Version of this build. */
    public static String version() {
        String version = Broker.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** Completes when the actor system is gone: after {@link #stop}, or because the cluster took this node for down. */
    public CompletionStage<Done> whenTerminated() {
        return system.getWhenTerminated();
    }

    // ---- the orderly end

    /** Without sessions there is nothing to listen for: also when the cluster decided that this node ends. */
    private CompletionStage<Done> closeListeners() {
        ready = false;
        listeners.forEach(Listener::stopAccepting);
        connections.endAll(DisconnectReason.of(Detail.SERVER_SHUTTING_DOWN));
        return CompletableFuture.completedFuture(Done.getInstance());
    }

    /** Tells every client, lets the cluster know, and ends all threads. Safe to call twice. */
    public synchronized void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        ready = false;
        boolean alive = !whenTerminated().toCompletableFuture().isDone();
        listeners.forEach(listener -> quietly(listener.stopAccepting(), 5));
        connections.endAll(DisconnectReason.of(Detail.SERVER_SHUTTING_DOWN));
        Drained.await(() -> listeners.stream().mapToInt(Listener::connections).sum() == 0, Duration.ofSeconds(4));
        if (http != null && alive) {
            quietly(http.stop(Duration.ofSeconds(3)), 5);
        }
        if (traces != null && alive) {
            quietly(traces.stop(), 10);
        }
        if (passwords != null) {
            passwords.close();
        }
        quietly(membership.leave(), 30);
        quietly(loops.shutdown(), 10);
        if (descriptors != null) {
            descriptors.close();
        }
        if (recorder != null) {
            recorder.close(InstantSource.system().millis());
        }
        log.info("event=node_stopped node=\"{}\"", settings.nodeName());
    }

    /** A step of the end that fails or takes too long must not keep the others from running. */
    private static void quietly(CompletionStage<?> step, int seconds) {
        try {
            step.toCompletableFuture().orTimeout(seconds, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            log.warn("event=stop_step_failed error=\"{}\"", String.valueOf(e.getCause()));
        }
    }
}
