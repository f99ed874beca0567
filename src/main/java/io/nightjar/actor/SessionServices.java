package io.nightjar.actor;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.message.EventLoops;
import io.nightjar.metrics.Counters;
import io.nightjar.routing.Router;
import io.nightjar.session.SessionLimits;
import io.nightjar.trace.Tracer;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * What all session actors of a node share.
 *
 * @param clock never jumps: for expiry and delays
 * @param wall what operators read
 * @param mailboxLimit most deliveries that wait in one session's mailbox; more are dropped and counted
 * @param ends told of connections that can no longer tell themselves (their node is gone)
 * @param recorder told of what happens to sessions
 */
public record SessionServices(
        String node,
        EventLoops loops,
        Router router,
        SessionLimits limits,
        SessionDirectory directory,
        Counters counters,
        Tracer tracer,
        InstantSource clock,
        InstantSource wall,
        int mailboxLimit,
        Consumer<ConnectionEnd> ends,
        FlightRecorder recorder) {}
