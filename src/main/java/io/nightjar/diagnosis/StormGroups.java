package io.nightjar.diagnosis;

import io.nightjar.diagnosis.Storms.Burst;
import io.nightjar.mqtt.Cidr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Puts the bursts of all nodes together and picks what explains them, so that nothing is told twice: of an address, its
 * network, the listener, the node and the instant the narrowest is named, and a wider one in its place only if it
 * explains much more.
 */
final class StormGroups {
    /** Different clients that make a storm behind an address or a network. */
    static final int FEWEST_CLIENTS = 5;

    /** Different clients that make a storm on a listener, on a node or at an instant. */
    static final int FEWEST_CLIENTS_WIDE = 10;

    /** Most groups that are told. */
    static final int MOST_GROUPS = 50;

    private StormGroups() {}

    private record Place(Cause cause, String value, String reason) {}

    /**
     * @param bursts of all nodes
     * @param manyListeners whether ends of more than one listener were looked at
     */
    static List<Storm> of(List<Burst> bursts, boolean manyListeners) {
        boolean manyNodes = bursts.stream().map(Burst::node).distinct().count() > 1;
        List<Burst> all = new ArrayList<>(bursts);
        if (manyNodes) {
            bursts.stream()
                    .filter(burst -> burst.cause() == Cause.INSTANT)
                    .map(StormGroups::ofNode)
                    .forEach(all::add);
        }
        Map<Place, List<Burst>> places = all.stream()
                .filter(burst -> burst.cause() != Cause.LISTENER || manyListeners)
                .collect(Collectors.groupingBy(burst -> new Place(burst.cause(), burst.value(), burst.reason())));
        List<Burst> candidates = new ArrayList<>();
        places.values()
                .forEach(of ->
                        Storms.joined(of).stream().filter(StormGroups::isStorm).forEach(candidates::add));
        return chosen(candidates).stream()
                .sorted(Comparator.comparingLong(Burst::count)
                        .reversed()
                        .thenComparing(Comparator.comparingLong(Burst::to).reversed()))
                .limit(MOST_GROUPS)
                .map(StormGroups::storm)
                .toList();
    }

    private static Burst ofNode(Burst b) {
        return new Burst(
                Cause.NODE,
                b.node(),
                b.reason(),
                b.count(),
                b.from(),
                b.to(),
                b.details(),
                b.idle(),
                b.clients(),
                b.clientIds(),
                b.listener(),
                b.node());
    }

    private static boolean isStorm(Burst burst) {
        int fewest = burst.cause().compareTo(Cause.LISTENER) < 0 ? FEWEST_CLIENTS : FEWEST_CLIENTS_WIDE;
        // What ended before a CONNECT has no ClientID.
        long clients = burst.clients().isEmpty()
                ? burst.count() / 2
                : Distinct.of(burst.clients()).count();
        return clients >= fewest;
    }

    private static List<Burst> chosen(List<Burst> candidates) {
        List<Burst> chosen = new ArrayList<>();
        Map<String, List<Burst>> byReason = new HashMap<>();
        candidates.stream()
                .sorted(Comparator.comparing(Burst::cause)
                        .thenComparing(Comparator.comparingLong(Burst::count).reversed()))
                .forEach(wider -> {
                    List<Burst> told = byReason.computeIfAbsent(wider.reason(), reason -> new ArrayList<>());
                    List<Burst> inside = told.stream()
                            .filter(narrow -> narrow.cause() != wider.cause() && contains(wider, narrow))
                            .toList();
                    if (!tellEnough(inside, wider)) {
                        told.removeAll(inside);
                        told.add(wider);
                    }
                });
        byReason.values().forEach(chosen::addAll);
        return chosen;
    }

    private static boolean contains(Burst wider, Burst narrow) {
        return wider.joins(narrow)
                && switch (wider.cause()) {
                    case ADDRESS -> false;
                    case NETWORK -> wider.value().equals(Cidr.neighbours(narrow.value()));
                    case LISTENER -> wider.value().equals(narrow.listener());
                    case NODE -> wider.value().equals(narrow.node());
                    case INSTANT -> true;
                };
    }

    /** Whether the narrower ones explain about as much, so that the wider one would tell the same again. */
    private static boolean tellEnough(List<Burst> inside, Burst wider) {
        long largest = inside.stream().mapToLong(Burst::count).max().orElse(0);
        long together = inside.stream().mapToLong(Burst::count).sum();
        boolean one = largest * 10 > wider.count() * 7;
        boolean few = wider.cause() != Cause.NETWORK && inside.size() <= 3 && together * 10 >= wider.count() * 8;
        return one || few;
    }

    private static Storm storm(Burst burst) {
        Ages ages = Ages.of(burst.idle());
        long clients = Distinct.of(burst.clients()).count();
        String detail = burst.details().size() == 1
                ? burst.details().keySet().iterator().next()
                : null;
        return new Storm(
                burst.cause(),
                burst.value(),
                burst.reason(),
                detail,
                burst.details(),
                burst.count(),
                clients,
                burst.from(),
                burst.to(),
                ages.idle(),
                StormVerdicts.of(burst, clients, ages),
                burst.clientIds());
    }
}
