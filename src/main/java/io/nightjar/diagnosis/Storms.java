package io.nightjar.diagnosis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the moments at which many connections ended for one reason at one place, in the ends of one node, shown newest
 * first. They are counted in cells of 30 s for each address, network, listener and for the node; a cell with fewer than
 * {@value #WORTH_KEEPING} ends is forgotten when it is over, neighbouring ones become one burst, and where ends are the
 * rule only what stands out remains. {@link StormGroups} puts the bursts of all nodes together.
 *
 * <p>Memory is bounded by {@link #MOST_OPEN} and {@link #MOST_KEPT} cells, some 300 bytes each; when one of them bites,
 * the smallest are lost and {@link #truncated} says so. Owned by one thread.
 */
final class Storms {
    /** Longest time between two ends of one burst, in milliseconds, and the size of a cell. */
    static final long CELL_MILLIS = 30_000;

    /** Cells being counted. */
    static final int MOST_OPEN = 50_000;

    /** Cells that are over and had enough ends. */
    static final int MOST_KEPT = 20_000;

    /** Bursts in one answer: the largest. */
    static final int MOST_BURSTS = 100;

    /** Ends in a cell below which it cannot be part of a storm. */
    static final int WORTH_KEEPING = 3;

    /** ClientIDs that are named. */
    static final int NAMED = 5;

    /** Longest ClientID that is named: they may be 64 KB each. */
    private static final int LONGEST_NAMED = 256;

    /** Where more than one of so many cells has ends, ends are the rule: only what stands out is a burst. */
    private static final int RULE = 4;

    /** By how much a cell must stand out then. */
    private static final int STANDS_OUT = 4;

    /** Fewer cells than this are no rule. */
    private static final int FEW_CELLS = 12;

    private record Place(Cause cause, String value, String reason) {}

    private record Key(Place place, long cell) {}

    private final Map<Key, Cell> open = new HashMap<>();
    private final Map<Place, List<Cell>> kept = new HashMap<>();
    private int keptCells;
    private int worthKeeping = WORTH_KEEPING;
    private long cellNow = Long.MAX_VALUE;
    private long newest = Long.MIN_VALUE;
    private long oldest = Long.MAX_VALUE;
    private boolean truncated;

    /** Ends of one place in one cell. */
    private static final class Cell {
        long count;
        long from = Long.MAX_VALUE;
        long to = Long.MIN_VALUE;
        final Map<String, Long> details = new HashMap<>(2);
        final Ages idle = new Ages();
        final Distinct clients = new Distinct();
        final List<String> named = new ArrayList<>(0);

        @Nullable
        String listener;

        String node = "";

        void add(EndFacts end) {
            listener = count == 0 || end.listener().equals(listener) ? end.listener() : "";
            node = end.node();
            count += end.count();
            from = Math.min(from, end.atMillis());
            to = Math.max(to, end.atMillis());
            details.merge(end.detail(), end.count(), Long::sum);
            if (end.idleMillis() >= 0) {
                idle.add(end.idleMillis());
            }
            String client = end.clientId();
            if (!client.isEmpty()) {
                clients.add(client);
                if (named.size() < NAMED && client.length() <= LONGEST_NAMED && !named.contains(client)) {
                    named.add(client);
                }
            }
        }

        Burst burst(Place place) {
            String all = listener == null ? "" : listener;
            return new Burst(
                    place.cause,
                    place.value,
                    place.reason,
                    count,
                    from,
                    to,
                    details,
                    idle.part(),
                    clients.part(),
                    named,
                    all,
                    node);
        }
    }

    /**
     * Many ends of one reason at one place and time, as plain values.
     *
     * @param value the address, network, listener or node; empty for an instant
     * @param from time of the first, milliseconds since 1970
     * @param clients hashes of their ClientIDs, see {@link Distinct}
     * @param clientIds some of them
     * @param listener the one listener of all of them, or empty
     * @param node the one node of all of them, or empty
     */
    public record Burst(
            Cause cause,
            String value,
            String reason,
            long count,
            long from,
            long to,
            Map<String, Long> details,
            Ages.Part idle,
            List<Integer> clients,
            List<String> clientIds,
            String listener,
            String node) {
        public Burst {
            details = Map.copyOf(details);
            clients = List.copyOf(clients);
            clientIds = List.copyOf(clientIds);
        }

        boolean joins(Burst other) {
            return from - CELL_MILLIS <= other.to && other.from - CELL_MILLIS <= to;
        }

        /** Both as one; they are of one place and reason. */
        Burst and(Burst other) {
            Map<String, Long> allDetails = new LinkedHashMap<>(details);
            other.details.forEach((detail, many) -> allDetails.merge(detail, many, Long::sum));
            Ages ages = Ages.of(idle);
            ages.add(other.idle);
            Distinct all = Distinct.of(clients);
            all.addAll(other.clients);
            List<String> names = new ArrayList<>(clientIds);
            other.clientIds.stream()
                    .filter(name -> names.size() < NAMED && !names.contains(name))
                    .forEach(names::add);
            return new Burst(
                    cause,
                    value,
                    reason,
                    count + other.count,
                    Math.min(from, other.from),
                    Math.max(to, other.to),
                    allDetails,
                    ages.part(),
                    all.part(),
                    names,
                    listener.equals(other.listener) ? listener : "",
                    node.equals(other.node) ? node : "");
        }
    }

    void add(EndFacts end) {
        newest = Math.max(newest, end.atMillis());
        oldest = Math.min(oldest, end.atMillis());
        long cell = Math.floorDiv(end.atMillis(), CELL_MILLIS);
        if (cell < cellNow) {
            cellNow = cell;
            close(cell + 1); // the recorder's order is that of arrival: a millisecond may go the other way
        }
        if (!end.address().isEmpty()) {
            count(Cause.ADDRESS, end.address(), cell, end);
            if (!end.network().isEmpty()) {
                count(Cause.NETWORK, end.network(), cell, end);
            }
        }
        count(Cause.LISTENER, end.listener(), cell, end);
        count(Cause.INSTANT, "", cell, end);
    }

    private void count(Cause cause, String value, long cell, EndFacts end) {
        Key key = new Key(new Place(cause, value, end.reason()), cell);
        Cell counted = open.get(key);
        if (counted == null) {
            if (open.size() >= MOST_OPEN && cause.compareTo(Cause.LISTENER) < 0) {
                truncated = true;
                return;
            }
            counted = new Cell();
            open.put(key, counted);
        }
        counted.add(end);
    }

    /** Cells later than this are over. */
    private void close(long last) {
        Iterator<Map.Entry<Key, Cell>> each = open.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<Key, Cell> entry = each.next();
            if (entry.getKey().cell > last) {
                each.remove();
                keep(entry.getKey().place, entry.getValue());
            }
        }
    }

    private void keep(Place place, Cell cell) {
        if (cell.count < worthKeeping) {
            return;
        }
        kept.computeIfAbsent(place, p -> new ArrayList<>(1)).add(cell);
        keptCells++;
        while (keptCells > MOST_KEPT) {
            truncated = true;
            worthKeeping *= 2;
            kept.values().forEach(cells -> cells.removeIf(each -> each.count < worthKeeping));
            kept.values().removeIf(List::isEmpty);
            keptCells = kept.values().stream().mapToInt(List::size).sum();
        }
    }

    boolean truncated() {
        return truncated;
    }

    /** The bursts there were, largest first. Call it once, at the end. */
    List<Burst> bursts() {
        close(Long.MIN_VALUE);
        List<Burst> all = new ArrayList<>();
        kept.forEach((place, cells) -> {
            List<Burst> single = cells.stream()
                    .filter(standingOut(cells))
                    .map(cell -> cell.burst(place))
                    .toList();
            all.addAll(joined(single));
        });
        all.sort(Comparator.comparingLong(Burst::count).reversed());
        truncated |= all.size() > MOST_BURSTS;
        return List.copyOf(all.subList(0, Math.min(all.size(), MOST_BURSTS)));
    }

    private Predicate<Cell> standingOut(List<Cell> cells) {
        long window = (newest - oldest) / CELL_MILLIS + 1;
        if (window < FEW_CELLS || (long) cells.size() * RULE <= window) {
            return cell -> true;
        }
        long total = cells.stream().mapToLong(cell -> cell.count).sum();
        return cell -> cell.count * window > total * STANDS_OUT;
    }

    /** Bursts of one place and reason that are close in time become one. */
    static List<Burst> joined(List<Burst> bursts) {
        List<Burst> inOrder = new ArrayList<>(bursts);
        inOrder.sort(Comparator.comparingLong(Burst::from));
        List<Burst> all = new ArrayList<>();
        for (Burst next : inOrder) {
            int last = all.size() - 1;
            if (last >= 0 && all.get(last).joins(next)) {
                all.set(last, all.get(last).and(next));
            } else {
                all.add(next);
            }
        }
        return all;
    }
}
