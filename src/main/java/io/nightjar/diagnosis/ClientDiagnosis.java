package io.nightjar.diagnosis;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the records of one client tell together: its last end, how often it ended and why, whether it flaps, whether two
 * devices use its ClientID, and whether something on its path cuts it for being idle.
 *
 * @param lastEnd null if there was none
 * @param lastHour ends of the last hour by word of their reason
 * @param lastDay ends of the last 24 hours
 * @param keepAlive null if its ends have no age in common
 */
public record ClientDiagnosis(
        @Nullable RecordedEvent lastEnd,
        Map<String, Long> lastHour,
        Map<String, Long> lastDay,
        Flapping flapping,
        Conflict conflict,
        @Nullable KeepAliveAdvice keepAlive) {
    public static final long HOUR = 3_600_000;
    public static final long DAY = 24 * HOUR;

    /** How long ends count as flapping, in milliseconds. */
    public static final long FLAPPING_MILLIS = 600_000;

    /** Ends within that time that make flapping. */
    public static final int FLAPPING_ENDS = 10;

    /** What a CONNECT tells of its device, as far as it is recorded. */
    private static final List<String> FINGERPRINT =
            List.of("username", "protocol_version", "keep_alive_s", "certificate_subject");

    /** Addresses of devices in conflict that are named. */
    private static final int NAMED_PEERS = 10;

    /** @param text one sentence, or null if it does not flap */
    public record Flapping(boolean flapping, long ends, @Nullable String text) {}

    /**
     * Two devices with one ClientID.
     *
     * @param alternations how often one displaced the other
     * @param peers where they were, {@code ip:port}, the last first
     * @param sinceMillis time of the first of these, milliseconds since 1970
     * @param text one sentence, or null if there is no conflict
     */
    public record Conflict(
            boolean conflict, long alternations, List<String> peers, long sinceMillis, @Nullable String text) {
        static final Conflict NONE = new Conflict(false, 0, List.of(), 0, null);
    }

    /** @param newestFirst events of this client alone, the newest first; other events than connects and ends do not matter */
    public static ClientDiagnosis of(List<RecordedEvent> newestFirst, long nowMillis) {
        RecordedEvent last = null;
        Map<String, Long> lastHour = new TreeMap<>();
        Map<String, Long> lastDay = new TreeMap<>();
        Ages ages = new Ages();
        for (RecordedEvent event : newestFirst) {
            long ago = nowMillis - event.atMillis();
            String reason = event.text("reason");
            if (!event.kind().isEnd() || reason == null) {
                continue;
            }
            last = last == null ? event : last;
            if (ago <= HOUR) {
                lastHour.merge(reason, event.times(), Long::sum);
            }
            if (ago <= DAY) {
                lastDay.merge(reason, event.times(), Long::sum);
            }
            EndFacts end = EndFacts.of(event);
            if (end.mayBeCutForBeingIdle()) {
                ages.add(end.idleMillis());
            }
        }
        String address = last == null ? "" : last.address();
        return new ClientDiagnosis(
                last,
                lastHour,
                lastDay,
                flapping(newestFirst, nowMillis),
                conflict(newestFirst, nowMillis),
                IdlePaths.advice(Cause.ADDRESS, address, ages, IdlePaths.FEWEST_OF_ONE));
    }

    private static Flapping flapping(List<RecordedEvent> newestFirst, long nowMillis) {
        Map<String, Long> details = new TreeMap<>();
        for (RecordedEvent event : newestFirst) {
            if (event.kind().isEnd() && nowMillis - event.atMillis() <= FLAPPING_MILLIS) {
                String detail = event.text("detail");
                details.merge(event.text("reason") + "/" + detail, event.times(), Long::sum);
            }
        }
        long ends = details.values().stream().mapToLong(Long::longValue).sum();
        if (ends < FLAPPING_ENDS) {
            return new Flapping(false, ends, null);
        }
        String most = details.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse("");
        return new Flapping(
                true,
                ends,
                ends + " ends in 10 minutes, most of them " + most
                        + ": it comes and goes; mend that, and let the client"
                        + " wait longer each time before it connects again");
    }

    /** Ends by a conflict, and takeovers of a fight between two addresses that looked harmless one by one. */
    private static Conflict conflict(List<RecordedEvent> newestFirst, long nowMillis) {
        List<RecordedEvent> takeovers = new ArrayList<>();
        long conflicts = 0;
        for (RecordedEvent event : newestFirst) {
            boolean displaced = event.kind() == Kind.ENDED
                    && ("takeovered".equals(event.text("reason")) || "discarded".equals(event.text("reason")));
            if (displaced && nowMillis - event.atMillis() <= DAY) {
                takeovers.add(event);
                conflicts += "conflict".equals(event.text("detail")) ? 1 : 0;
            }
        }
        Set<RecordedEvent> toAndFro = fights(takeovers);
        if (conflicts == 0 && toAndFro.isEmpty()) {
            return Conflict.NONE;
        }
        Set<String> peers = new LinkedHashSet<>();
        long alternations = 0;
        long since = nowMillis;
        for (RecordedEvent event : takeovers) {
            if (toAndFro.contains(event) || "conflict".equals(event.text("detail"))) {
                alternations++;
                since = event.atMillis();
                name(peers, event.text("new_peer"));
                name(peers, event.peer());
            }
        }
        return new Conflict(
                true,
                alternations,
                List.copyOf(peers),
                since,
                "two devices use this ClientID: they displaced each other " + alternations + " times"
                        + (peers.isEmpty()
                                ? ""
                                : ", from "
                                        + String.join(
                                                " and ", peers.stream().limit(2).toList()))
                        + "; give each a ClientID of its own");
    }

    private static void name(Set<String> peers, @Nullable String peer) {
        if (peer != null && !peer.isEmpty() && peers.size() < NAMED_PEERS) {
            peers.add(peer);
        }
    }

    /**
     * Where A was displaced, then B, then A again, one shortly after the other, by their addresses, and not as one device
     * that changes its network would: the rule of {@link ReturnOrConflict}, seen over all records.
     */
    private static Set<RecordedEvent> fights(List<RecordedEvent> newestFirst) {
        Set<RecordedEvent> fights = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<RecordedEvent> atOnce = Collections.newSetFromMap(new IdentityHashMap<>());
        int returnsAtOnce = 0;
        for (int i = 0; i + 2 < newestFirst.size(); i++) {
            RecordedEvent third = newestFirst.get(i);
            RecordedEvent second = newestFirst.get(i + 1);
            RecordedEvent first = newestFirst.get(i + 2);
            boolean near = third.atMillis() - first.atMillis() <= ReturnOrConflict.ALTERNATION_MILLIS;
            boolean toAndFro =
                    third.address().equals(first.address()) && !third.address().equals(second.address());
            if (!near || !toAndFro) {
                continue;
            }
            List<RecordedEvent> three = List.of(third, second, first);
            if (!alike(third, second) || active(third) || active(second)) {
                fights.addAll(three);
            } else if (third.atMillis() - second.atMillis() <= ReturnOrConflict.AT_ONCE_MILLIS) {
                atOnce.addAll(three);
                returnsAtOnce++;
            }
        }
        if (returnsAtOnce > 1) {
            fights.addAll(atOnce);
        }
        return fights;
    }

    /** Whether two ends may be of one device. */
    private static boolean alike(RecordedEvent one, RecordedEvent other) {
        return FINGERPRINT.stream().allMatch(name -> Objects.equals(one.text(name), other.text(name)));
    }

    /** Whether something was heard of a connection just before it was displaced. */
    private static boolean active(RecordedEvent displaced) {
        String ago = displaced.text("old_active_ms_ago");
        return ago != null && ago.matches("\\d{1,15}") && Long.parseLong(ago) <= ReturnOrConflict.FIGHTING_MILLIS;
    }
}
