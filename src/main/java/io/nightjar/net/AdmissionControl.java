package io.nightjar.net;

import io.nightjar.connection.Admission;
import io.nightjar.connection.Admission.Guest;
import io.nightjar.connection.Admission.Refusal;
import io.nightjar.connection.Admission.Row;
import io.nightjar.connection.Admission.Standing;
import io.nightjar.connection.Admission.Ticket;
import io.nightjar.connection.AdmissionLimits;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.ReasonCode;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets the clients of a node in: {@link Admission} with a clock, the counters, and one timer for the whole node while
 * somebody waits for a token. Thread-safe.
 */
public final class AdmissionControl {
    private final Admission admission;
    private final NettyLoops loops;
    private final InstantSource clock;
    private final Counters counters;

    /** When the timer is due that is due first. */
    private final AtomicLong timerAtMillis = new AtomicLong(Long.MAX_VALUE);

    /** @param clock never jumps */
    public AdmissionControl(AdmissionLimits limits, NettyLoops loops, InstantSource clock, Counters counters) {
        this.admission = new Admission(limits, clock.millis());
        this.loops = loops;
        this.clock = clock;
        this.counters = counters;
    }

    /** Where the clients of a listener wait. */
    Row row(ListenerSettings listener) {
        return admission.row(listener.key(), listener.connectRate(), listener.connectBurst(), clock.millis());
    }

    void close(Row row) {
        admission.close(row);
    }

    /** A ticket for one who comes now. */
    Ticket ticket(Row row, Guest guest, long bytes) {
        return new Ticket(row, guest, (int) Math.min(bytes, Integer.MAX_VALUE), clock.millis());
    }

    /** Whether it may go on at once, must wait until its guest is told, or is refused. */
    Standing arrive(Ticket ticket) {
        Standing standing = admission.arrive(ticket, clock.millis());
        if (standing == Standing.WAITING) {
            counters.increment(Counter.CONNECTS_DELAYED);
            pump();
        }
        return standing;
    }

    /** It is gone, or its work is done: the next may come. */
    void leave(Ticket ticket) {
        if (admission.leave(ticket)) {
            pump();
        }
    }

    private void pump() {
        long now = clock.millis();
        long inMillis = admission.drain(now);
        if (inMillis == Long.MAX_VALUE) {
            return;
        }
        long at = now + inMillis;
        long due = timerAtMillis.get();
        if (at < due && timerAtMillis.compareAndSet(due, at)) {
            loops.loop(0).schedule(() -> tick(at), inMillis, TimeUnit.MILLISECONDS);
        }
    }

    private void tick(long at) {
        timerAtMillis.compareAndSet(at, Long.MAX_VALUE);
        pump();
    }

    /** Milliseconds that one may wait. */
    long maxWaitMillis() {
        return admission.limits().maxWaitMillis();
    }

    /** The end of one who is not let in, counted. */
    DisconnectReason refused(Refusal why) {
        counters.increment(why.byRate() ? Counter.CONNECTS_REFUSED_RATE : Counter.CONNECTS_REFUSED_BUSY);
        DisconnectReason reason = DisconnectReason.of(
                Detail.SERVER_BUSY,
                "limit",
                why.limit(),
                "waiting",
                Integer.toString(why.waiting()),
                "waited_ms",
                Long.toString(why.waitedMillis()));
        return why.byRate()
                ? reason.with("burst", Integer.toString(why.burst())).withCode(ReasonCode.CONNECTION_RATE_EXCEEDED)
                : reason;
    }

    /** CONNECTs that wait. */
    public int waiting() {
        return admission.waiting();
    }

    /** CONNECTs that are worked on. */
    public int inside() {
        return admission.inside();
    }
}
