package io.nightjar.net;

import io.nightjar.auth.Authenticator;
import io.nightjar.auth.Authorizer;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.message.Backpressure;
import io.nightjar.message.ClientEvents;
import io.nightjar.message.Connection;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.routing.Router;
import io.nightjar.trace.Tracer;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * What all connections of a node share.
 *
 * @param admission lets clients in
 * @param clock never jumps: for Keep Alive, expiry and ages
 * @param wall what operators read: for times in logs and answers
 * @param ends told of the one end of every connection, on its event loop; must not block
 * @param closed told of every connection when it ended, after {@code ends}
 * @param clientEvents told of every client that was connected, at its CONNACK and at its end
 * @param sessionTimeoutMillis how long a CONNECT waits for its session before it is refused
 * @param recorder told of all that happens but the ends
 * @param descriptors who gets one
 */
public record NetContext(
        String node,
        NettyLoops loops,
        AdmissionControl admission,
        Sessions sessions,
        Router router,
        Authenticator authenticator,
        EnhancedAuthentication enhanced,
        Authorizer authorizer,
        Tracer tracer,
        Counters counters,
        Backpressure backpressure,
        Consumer<ConnectionEnd> ends,
        Consumer<Connection> closed,
        ClientEvents clientEvents,
        InstantSource clock,
        InstantSource wall,
        long sessionTimeoutMillis,
        FlightRecorder recorder,
        Descriptors descriptors) {}
