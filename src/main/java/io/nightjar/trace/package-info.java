/**
 * What a trace is and how its lines read; pure, without clock, file or thread.
 *
 * <p>A trace is switched on for a client, a user, an address or a topic and must cost nothing while none is: {@link
 * io.nightjar.trace.Tracer} is one volatile read. Who asks hands over what is known of the client by then ({@link
 * io.nightjar.trace.TraceSubject}), so one by address has what comes before CONNECT; an answer may be kept until other
 * traces run, so that a connected client pays one comparison. A trace by topic is asked of every delivery of every
 * message, so its answers are remembered by topic. And {@link io.nightjar.trace.TraceEvent} carries the packet itself, so the data path, where an
 * echoed message costs 5 us of CPU in all, formats no text. Each trace then writes the payload its own way in {@link
 * io.nightjar.trace.TraceFormat}, on the thread that writes its file.
 *
 * <p>Whatever a client can choose (ClientID, topic, payload, User Property) is an attacker's text: a line holds it
 * plain where that is harmless and as a JSON string where it is not, so that one event is always one line. Passwords
 * and authentication data leave an event before it waits to be written; {@link io.nightjar.trace.TraceRules} is the one place that judges a
 * definition.
 */
@NullMarked
package io.nightjar.trace;

import org.jspecify.annotations.NullMarked;
