package io.nightjar.app;

import io.nightjar.limits.Alarm;
import io.nightjar.limits.Alarms;
import io.nightjar.limits.Limit;
import io.nightjar.limits.Limit.Status;
import io.nightjar.limits.Limits;
import io.nightjar.limits.MachineFigures;
import io.nightjar.limits.MachineFigures.ListenerFigures;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.net.Descriptors;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches what bounds the connections of this node: names at start what is too low for the configured target, and while
 * the node runs raises an alarm when a limit is used to 80 %. Thread-safe; {@link #tick} blocks for some small reads of
 * {@code /proc}.
 */
final class LimitWatch {
    /** How often to look. */
    static final long PERIOD_MILLIS = 5_000;

    /** Its alarm falls when for so long nobody was refused for want of a descriptor. */
    private static final long QUIET_MILLIS = 15_000;

    private static final Logger log = LoggerFactory.getLogger(LimitWatch.class);

    private final long target;
    private final MachineReader machine;
    private final Supplier<List<ListenerFigures>> listeners;
    private final InstantSource wall;
    private final Counters counters;
    private final Alarms alarms = new Alarms(LimitWatch::tell);

    /** As they were at the last look, the first of which is {@link #warn}'s; empty before. */
    private volatile List<Limit> latest = List.of();

    /** Null before clients are let in. */
    private volatile @Nullable Descriptors descriptors;

    private long refusedBefore;
    private long failedBefore;

    /** @param listeners those of this node with what is open now */
    LimitWatch(
            long target,
            MachineReader machine,
            Supplier<List<ListenerFigures>> listeners,
            Counters counters,
            InstantSource wall) {
        this.target = target;
        this.machine = machine;
        this.listeners = listeners;
        this.counters = counters;
        this.wall = wall;
    }

    /** From now on these are looked at, too. */
    void watch(Descriptors shared) {
        descriptors = shared;
    }

    /** Names every limit that is too low for the target, each with the line that lifts it. */
    void warn() {
        latest = limits();
        for (Limit limit : latest) {
            if (limit.status() == Status.TOO_LOW) {
                log.warn(
                        "event=limit_too_low limit=\"{}\" value={} needed={} target_connections={} bounds=\"{}\" fix=\"{}\"",
                        limit.name(),
                        limit.value(),
                        limit.needed(),
                        target,
                        limit.bounds(),
                        limit.fix().replace('"', '\''));
            }
        }
    }

    /** All limits as they are now. */
    List<Limit> limits() {
        return Limits.check(target, figures());
    }

    long target() {
        return target;
    }

    /** Looks again; raises and clears. */
    synchronized void tick() {
        long now = wall.millis();
        MachineFigures figures = figures();
        List<Limit> limits = Limits.check(target, figures);
        latest = limits;
        alarms.limits(limits, now);
        descriptors(limits, now);
        overflows(
                "accept_backlog",
                figures,
                MachineFigures.ACCEPT_OVERFLOWS,
                "the queue of connections to accept was full on some listener of this machine: raise"
                        + " net.core.somaxconn and nightjar.listeners.*.backlog, both",
                now);
        overflows(
                "syn_backlog",
                figures,
                MachineFigures.SYN_OVERFLOWS,
                "the queue of unfinished handshakes was full: raise net.ipv4.tcp_max_syn_backlog",
                now);
    }

    private MachineFigures figures() {
        MachineFigures figures = machine.read(listeners.get());
        Descriptors shared = descriptors;
        Long soft = figures.get(MachineFigures.FILES_SOFT);
        if (shared == null || soft == null) {
            return figures;
        }
        shared.soft(soft);
        return figures.with(Map.of(
                MachineFigures.FILES_FOR_CONNECTIONS, shared.plan().connections(),
                MachineFigures.FILES_CONNECTIONS, shared.open()));
    }

    /** Tells of connections that found no descriptor, at most once in {@value #PERIOD_MILLIS} ms, however many they are. */
    private void descriptors(List<Limit> limits, long now) {
        Descriptors shared = descriptors;
        if (shared == null) {
            return;
        }
        String fix = limits.stream()
                .filter(limit -> limit.name().startsWith("nofile"))
                .map(Limit::lift)
                .findFirst()
                .orElse("raise ulimit -n");
        long refused = counters.get(Counter.CONNECTIONS_REFUSED_NOFILE);
        long failed = counters.get(Counter.ACCEPTS_FAILED_NOFILE);
        if (refused > refusedBefore || failed > failedBefore) {
            log.warn(
                    "event=connections_refused limit=nofile value={} reserved={} connections={} max_connections={}"
                            + " refused={} accepts_failed={} fix=\"{}\"",
                    shared.plan().soft(),
                    shared.plan().reserved(),
                    shared.open(),
                    shared.plan().connections(),
                    refused - refusedBefore,
                    failed - failedBefore,
                    fix);
        }
        refusedBefore = refused;
        failedBefore = failed;
        alarms.overflows(
                "nofile",
                refused + failed,
                "connections were refused since file descriptors are used up (nofile="
                        + shared.plan().soft() + ", " + shared.plan().connections() + " of them for MQTT); to lift it: "
                        + fix,
                QUIET_MILLIS,
                now);
    }

    /**
     * Limits and alarms as {@link io.nightjar.message.Clients#limits} has them, of the last look: at most
     * {@value #PERIOD_MILLIS} ms old, and nothing is read for it.
     */
    Map<String, Object> show() {
        List<Map<String, Object>> shown = new ArrayList<>();
        latest.forEach(limit -> shown.add(show(limit)));
        List<Map<String, Object>> told = new ArrayList<>();
        raised().forEach(alarm -> told.add(show(alarm)));
        past().forEach(alarm -> told.add(show(alarm)));
        return Map.of("target", target, "limits", shown, "alarms", told);
    }

    private static Map<String, Object> show(Limit limit) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", limit.name());
        row.put("bounds", limit.bounds());
        Long value = limit.value();
        if (value != null) {
            row.put("value", value);
        }
        row.put("needed", limit.needed());
        Long used = limit.used();
        if (used != null) {
            row.put("used", used);
        }
        row.put("unit", limit.unit());
        row.put("status", limit.status().word());
        row.put("fix", limit.fix());
        return row;
    }

    private static Map<String, Object> show(Alarm alarm) {
        return Map.of(
                "name", alarm.name(),
                "message", alarm.message(),
                "used", alarm.used(),
                "value", alarm.value(),
                "raised_at_ms", alarm.raisedAtMillis(),
                "cleared_at_ms", alarm.clearedAtMillis());
    }

    private void overflows(String name, MachineFigures figures, String figure, String fix, long now) {
        Long count = figures.get(figure);
        if (count != null) {
            alarms.overflows(name, count, fix, now);
        }
    }

    /** Those that stand. */
    synchronized List<Alarm> raised() {
        return alarms.raised();
    }

    /** Those that fell, the last first. */
    synchronized List<Alarm> past() {
        return alarms.past();
    }

    private static void tell(Alarm alarm) {
        String message = alarm.message().replace('"', '\'');
        if (alarm.isRaised()) {
            log.warn("event=alarm_raised alarm=\"{}\" message=\"{}\"", alarm.name(), message);
        } else {
            log.info("event=alarm_cleared alarm=\"{}\"", alarm.name());
        }
    }
}
