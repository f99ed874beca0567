package io.nightjar.net;

import io.nightjar.auth.AllowAll;
import io.nightjar.auth.Authorizer;
import io.nightjar.connection.AdmissionLimits;
import io.nightjar.connection.ConnectionLimits;
import io.nightjar.connection.Offers;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.message.Backpressure;
import io.nightjar.message.ClientEvents;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.routing.RetainedLimits;
import io.nightjar.routing.RetainedMessages;
import io.nightjar.routing.Router;
import io.nightjar.trace.Tracer;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A listener on a free port of the loopback with nothing behind it but what a test gives; a clock may be the test's. */
final class LoneListener implements AutoCloseable {
    private final Listener listener;
    private final NettyLoops loops;

    /** Over TCP. */
    LoneListener(
            NettyLoops loops,
            InstantSource clock,
            Counters counters,
            Sessions sessions,
            EnhancedAuthentication enhanced,
            Consumer<ConnectionEnd> ends) {
        this(loops, clock, counters, sessions, enhanced, ends, null);
    }

    /** @param webSocket null: over TCP */
    LoneListener(
            NettyLoops loops,
            InstantSource clock,
            Counters counters,
            Sessions sessions,
            EnhancedAuthentication enhanced,
            Consumer<ConnectionEnd> ends,
            @Nullable WebSocketSettings webSocket) {
        this(loops, clock, counters, sessions, enhanced, ends, webSocket, FlightRecorder.NONE);
    }

    LoneListener(
            NettyLoops loops,
            InstantSource clock,
            Counters counters,
            Sessions sessions,
            EnhancedAuthentication enhanced,
            Consumer<ConnectionEnd> ends,
            @Nullable WebSocketSettings webSocket,
            FlightRecorder recorder) {
        this(
                loops,
                clock,
                counters,
                sessions,
                enhanced,
                ends,
                webSocket,
                recorder,
                new AdmissionControl(AdmissionLimits.NONE, loops, clock, counters),
                0,
                Descriptors.unlimited(counters));
    }

    /** Over TCP, with a limit on the way in. */
    LoneListener(
            NettyLoops loops,
            InstantSource clock,
            Counters counters,
            Sessions sessions,
            Consumer<ConnectionEnd> ends,
            AdmissionControl admission,
            int connectRate) {
        this(
                loops,
                clock,
                counters,
                sessions,
                EnhancedAuthentication.none(),
                ends,
                null,
                FlightRecorder.NONE,
                admission,
                connectRate,
                Descriptors.unlimited(counters));
    }

    /** Over TCP, with a limit on descriptors and without sessions. */
    LoneListener(
            NettyLoops loops,
            InstantSource clock,
            Counters counters,
            Consumer<ConnectionEnd> ends,
            Descriptors descriptors) {
        this(
                loops,
                clock,
                counters,
                (clientId, connection, info) -> {},
                EnhancedAuthentication.none(),
                ends,
                null,
                FlightRecorder.NONE,
                new AdmissionControl(AdmissionLimits.NONE, loops, clock, counters),
                0,
                descriptors);
    }

    private LoneListener(
            NettyLoops loops,
            InstantSource clock,
            Counters counters,
            Sessions sessions,
            EnhancedAuthentication enhanced,
            Consumer<ConnectionEnd> ends,
            @Nullable WebSocketSettings webSocket,
            FlightRecorder recorder,
            AdmissionControl admission,
            int connectRate,
            Descriptors descriptors) {
        this.loops = loops;
        Router router = new Router(
                counters, new RetainedMessages(RetainedLimits.DEFAULT, counters, clock::millis), "test", clock::millis);
        NetContext context = new NetContext(
                "test",
                loops,
                admission,
                sessions,
                router,
                new AllowAll(),
                enhanced,
                (client, action, topic, qos, retain) -> Authorizer.Decision.ALLOWED,
                new Tracer(),
                counters,
                Backpressure.NONE,
                ends,
                closed -> {},
                ClientEvents.OFF,
                clock,
                clock,
                10_000,
                recorder,
                descriptors);
        ConnectionLimits limits =
                new ConnectionLimits(1 << 20, 1024, 16, 8, 8, 64, 64, 0xFFFF_FFFFL, 7200, 0, 100, Offers.ALL);
        ListenerSettings settings = new ListenerSettings(
                webSocket == null ? Transport.TCP : Transport.WS,
                "test",
                new InetSocketAddress("127.0.0.1", 0),
                128,
                100,
                connectRate,
                1,
                10_000,
                32 << 10,
                128 << 10,
                60_000,
                false,
                limits,
                null,
                null,
                webSocket);
        listener = Listener.start(context, settings).toCompletableFuture().join();
    }

    int port() {
        return listener.port();
    }

    /** Open now. */
    int connections() {
        return listener.connections();
    }

    /** Ends the loops too. */
    @Override
    public void close() {
        listener.stopAccepting().toCompletableFuture().join();
        loops.shutdown().toCompletableFuture().join();
    }
}
