package io.nightjar.diagnosis;

import io.nightjar.mqtt.Cidr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the paths (an address, a network, a listener) on which idle connections are cut at a regular age. Ends that may
 * have been cut so are counted by their idle time for each path; where most of them have about the same, that is somebody's
 * timeout.
 *
 * <p>Memory is bounded by {@link #MOST_PATHS} paths, some 300 bytes each; beyond, those with one end are forgotten and
 * {@link #truncated} says so. Owned by one thread.
 */
final class IdlePaths {
    /** Shorter than any timeout of a proxy that anybody would set. */
    static final long SHORTEST_MILLIS = 1_500;

    static final int MOST_PATHS = 20_000;

    /** Paths in one answer: those with most ends. */
    static final int MOST_SENT = 200;

    /** Ends of about the same age that show a timeout. */
    static final int FEWEST = 5;

    /** Of one client alone. */
    static final int FEWEST_OF_ONE = 3;

    private record Place(Cause cause, String value) {}

    /** One path as plain values. */
    public record Path(Cause cause, String value, Ages.Part ages) {}

    private final Map<Place, Ages> paths = new HashMap<>();
    private boolean truncated;

    void add(EndFacts end) {
        if (!end.mayBeCutForBeingIdle()) {
            return;
        }
        count(Cause.LISTENER, end.listener(), end.idleMillis());
        if (!end.address().isEmpty()) {
            count(Cause.ADDRESS, end.address(), end.idleMillis());
            count(Cause.NETWORK, end.network(), end.idleMillis());
        }
    }

    private void count(Cause cause, String value, long idleMillis) {
        Place place = new Place(cause, value);
        Ages ages = paths.get(place);
        if (ages == null) {
            if (paths.size() >= MOST_PATHS) {
                truncated = true;
                paths.values().removeIf(all -> all.count() == 1);
            }
            if (paths.size() >= MOST_PATHS) {
                return;
            }
            ages = new Ages();
            paths.put(place, ages);
        }
        ages.add(idleMillis);
    }

    boolean truncated() {
        return truncated;
    }

    /** The paths with more than one such end, those with most first. */
    List<Path> paths() {
        List<Map.Entry<Place, Ages>> all = new ArrayList<>(paths.entrySet());
        all.removeIf(entry -> entry.getValue().count() < 2);
        all.sort(Comparator.comparingLong(
                        (Map.Entry<Place, Ages> entry) -> entry.getValue().count())
                .reversed());
        truncated |= all.size() > MOST_SENT;
        return all.stream()
                .limit(MOST_SENT)
                .map(entry -> new Path(
                        entry.getKey().cause,
                        entry.getKey().value,
                        entry.getValue().part()))
                .toList();
    }

    /** What the paths of all nodes show: the narrowest that explains it, most ends first. */
    static List<KeepAliveAdvice> advice(List<Path> paths) {
        Map<Place, Ages> all = new HashMap<>();
        for (Path path : paths) {
            all.computeIfAbsent(new Place(path.cause, path.value), p -> new Ages())
                    .add(path.ages);
        }
        List<KeepAliveAdvice> regular = new ArrayList<>();
        all.forEach((place, ages) -> {
            KeepAliveAdvice advice = advice(place.cause, place.value, ages, FEWEST);
            if (advice != null) {
                regular.add(advice);
            }
        });
        regular.sort(Comparator.comparing(KeepAliveAdvice::cause)
                .thenComparing(Comparator.comparingLong(KeepAliveAdvice::count).reversed())
                .thenComparing(KeepAliveAdvice::value));
        List<KeepAliveAdvice> told = new ArrayList<>();
        for (KeepAliveAdvice wider : regular) {
            long already = told.stream()
                    .filter(narrow -> contains(wider, narrow))
                    .mapToLong(KeepAliveAdvice::count)
                    .sum();
            if (already * 10 <= wider.count() * 7) {
                told.add(wider);
            }
        }
        told.sort(Comparator.comparingLong(KeepAliveAdvice::count).reversed());
        return List.copyOf(told);
    }

    /** Whether a narrower path may be part of a wider one: whose clients came by which listener is not known any more. */
    private static boolean contains(KeepAliveAdvice wider, KeepAliveAdvice narrow) {
        boolean sameAge = Math.abs(wider.ageMillis() - narrow.ageMillis()) * 10 <= wider.ageMillis();
        boolean neighbour = wider.cause() != Cause.NETWORK || wider.value().equals(Cidr.neighbours(narrow.value()));
        return narrow.cause().compareTo(wider.cause()) < 0 && sameAge && neighbour;
    }

    /** The advice for one path, or null if its ends have no age in common. */
    static @Nullable KeepAliveAdvice advice(Cause cause, String value, Ages ages, int fewest) {
        Ages.Mode mode = ages.mode();
        boolean regular = mode != null && mode.count() >= fewest && mode.count() * 10 >= ages.count() * 6;
        return mode != null && regular
                ? new KeepAliveAdvice(cause, value, mode.ageMillis(), mode.count(), ages.count())
                : null;
    }
}
