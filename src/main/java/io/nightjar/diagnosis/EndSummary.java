package io.nightjar.diagnosis;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Many ends in a few figures: how many of which reason, detail, side, listener and node, how many a minute, which of them
 * had a common cause, and which paths cut idle connections. Each node reduces its own ends to a {@link Part}, shown newest
 * first; {@link #of} puts the parts together. Memory is bounded however many ends there are. Owned by one thread.
 */
public final class EndSummary {
    /** Minutes that are told one by one, the newest: one day. */
    public static final int MOST_MINUTES = 1440;

    /** The fields of an event that are looked at. */
    public static final Set<String> FIELDS = Set.of(
            "reason",
            "detail",
            "side",
            "listener",
            "node",
            "last_in_age_ms",
            "last_out_age_ms",
            "keep_alive_s",
            "repeated");

    /** Different words that are counted of one kind; beyond, they are counted together as {@code other}. */
    private static final int MOST_WORDS = 500;

    private static final long MINUTE = 60_000;

    private final Map<String, Long> reasons = new HashMap<>();
    private final Map<String, Long> details = new HashMap<>();
    private final Map<String, Long> sides = new HashMap<>();
    private final Map<String, Long> listeners = new HashMap<>();
    private final Map<String, Long> nodes = new HashMap<>();
    private final TreeMap<Long, Map<String, Long>> minutes = new TreeMap<>();
    private final Storms storms = new Storms();
    private final IdlePaths paths = new IdlePaths();
    private long total;
    private boolean truncated;

    /** @param atMillis when it began, milliseconds since 1970 */
    public record Minute(long atMillis, Map<String, Long> byReason) {
        public Minute {
            byReason = Collections.unmodifiableMap(new TreeMap<>(byReason));
        }
    }

    /**
     * What one node found, as plain values.
     *
     * @param truncated whether a limit of memory was reached, so that the smallest groups are missing
     */
    public record Part(
            long total,
            Map<String, Long> byReason,
            Map<String, Long> byDetail,
            Map<String, Long> bySide,
            Map<String, Long> byListener,
            Map<String, Long> byNode,
            List<Minute> minutes,
            List<Storms.Burst> bursts,
            List<IdlePaths.Path> paths,
            boolean truncated) {}

    /**
     * What all nodes found. Counts come largest first, minutes oldest first.
     *
     * @param truncated whether something is missing: minutes older than {@link #MOST_MINUTES}, or the smallest groups
     */
    public record Summary(
            long total,
            Map<String, Long> byReason,
            Map<String, Long> byDetail,
            Map<String, Long> bySide,
            Map<String, Long> byListener,
            Map<String, Long> byNode,
            List<Minute> minutes,
            List<Storm> storms,
            List<KeepAliveAdvice> keepAliveAdvice,
            boolean truncated) {}

    /** Counts an end, or as many as it stands for; other events do not count. Newest first. */
    public void add(RecordedEvent event) {
        if (!event.kind().isEnd()) {
            return;
        }
        EndFacts end = EndFacts.of(event);
        long count = end.count();
        total += count;
        count(reasons, end.reason(), count);
        count(details, end.detail(), count);
        count(sides, end.side(), count);
        count(listeners, end.listener(), count);
        count(nodes, end.node(), count);
        minute(Math.floorDiv(end.atMillis(), MINUTE) * MINUTE, Map.of(end.reason(), count));
        storms.add(end);
        paths.add(end);
    }

    private static void count(Map<String, Long> counts, String word, long more) {
        boolean room = counts.size() < MOST_WORDS || counts.containsKey(word);
        counts.merge(room ? word : "other", more, Long::sum);
    }

    private void minute(long at, Map<String, Long> more) {
        if (minutes.size() >= MOST_MINUTES && !minutes.containsKey(at)) {
            truncated = true;
            if (minutes.firstKey() > at) {
                return;
            }
            minutes.pollFirstEntry();
        }
        Map<String, Long> byReason = minutes.computeIfAbsent(at, minute -> new HashMap<>(4));
        more.forEach((reason, count) -> count(byReason, reason, count));
    }

    /** What was found. Call it once, at the end. */
    public Part part() {
        List<Storms.Burst> bursts = storms.bursts();
        List<IdlePaths.Path> idle = paths.paths();
        return new Part(
                total,
                reasons,
                details,
                sides,
                listeners,
                nodes,
                minutes(),
                bursts,
                idle,
                truncated || storms.truncated() || paths.truncated());
    }

    private List<Minute> minutes() {
        List<Minute> all = new ArrayList<>(minutes.size());
        minutes.forEach((at, byReason) -> all.add(new Minute(at, byReason)));
        return all;
    }

    /** The parts of all nodes as one. */
    public static Summary of(List<Part> parts) {
        EndSummary all = new EndSummary();
        List<Storms.Burst> bursts = new ArrayList<>();
        List<IdlePaths.Path> paths = new ArrayList<>();
        for (Part part : parts) {
            all.total += part.total;
            all.truncated |= part.truncated;
            part.byReason.forEach((word, count) -> count(all.reasons, word, count));
            part.byDetail.forEach((word, count) -> count(all.details, word, count));
            part.bySide.forEach((word, count) -> count(all.sides, word, count));
            part.byListener.forEach((word, count) -> count(all.listeners, word, count));
            part.byNode.forEach((word, count) -> count(all.nodes, word, count));
            part.minutes.forEach(minute -> all.minute(minute.atMillis, minute.byReason));
            bursts.addAll(part.bursts);
            paths.addAll(part.paths);
        }
        return new Summary(
                all.total,
                largestFirst(all.reasons),
                largestFirst(all.details),
                largestFirst(all.sides),
                largestFirst(all.listeners),
                largestFirst(all.nodes),
                all.minutes(),
                StormGroups.of(bursts, all.listeners.size() > 1),
                IdlePaths.advice(paths),
                all.truncated);
    }

    private static Map<String, Long> largestFirst(Map<String, Long> counts) {
        Map<String, Long> sorted = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return Collections.unmodifiableMap(sorted);
    }
}
