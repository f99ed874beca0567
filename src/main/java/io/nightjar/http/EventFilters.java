package io.nightjar.http;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.Verdict;
import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.Detail;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The filters of questions about ends of connections, checked: a wrong one is a 400 that says what it may be. */
final class EventFilters {
    /** Names of all filters. */
    static final List<String> NAMES = List.of(
            "reason",
            "detail",
            "side",
            "clientid",
            "like_clientid",
            "username",
            "ip_address",
            "listener",
            "node",
            "from",
            "to",
            "event");

    /** Those that may stand more than once; their values are alternatives. */
    static final List<String> REPEATABLE = List.of("reason", "detail", "side", "node", "event");

    private static final List<String> SIDES =
            Arrays.stream(Verdict.Side.values()).map(Verdict.Side::toString).toList();
    private static final List<String> DETAILS =
            Arrays.stream(Detail.values()).map(Detail::word).distinct().sorted().toList();

    private final Parameters parameters;
    private final ZoneId zone;

    EventFilters(Parameters parameters, ZoneId zone) {
        this.parameters = parameters;
        this.zone = zone;
    }

    /** @param kinds of events there are to choose from; all of them unless parameter event names some */
    EventFilter filter(Set<Kind> kinds) {
        long from = from();
        long to = to();
        return new EventFilter(
                kinds(kinds),
                words("reason", ClientFilters::reason),
                words("detail", value -> oneOf("detail", value, DETAILS)),
                words("side", value -> oneOf("side", value, SIDES)),
                text("clientid"),
                text("like_clientid"),
                text("username"),
                address(),
                text("listener"),
                from,
                to);
    }

    /** The nodes that are asked for; empty for all. */
    List<String> nodes(List<String> all) {
        return List.copyOf(words("node", value -> oneOf("node", value, all)));
    }

    /** Milliseconds since 1970, inclusive; 0 if it is not given. */
    long from() {
        Long from = parameters.time("from", zone);
        return from == null ? 0 : from;
    }

    /** Exclusive. */
    long to() {
        Long to = parameters.time("to", zone);
        if (to != null && to <= from()) {
            throw ApiException.badRequest(
                    "parameter to must be after from; it is " + (to == from() ? "the same time" : "before it"));
        }
        return to == null ? Long.MAX_VALUE : to;
    }

    private Set<Kind> kinds(Set<Kind> all) {
        List<String> known = all.stream().map(Kind::word).sorted().toList();
        Set<String> wanted = words("event", value -> oneOf("event", value, known));
        EnumSet<Kind> kinds = EnumSet.copyOf(all);
        kinds.removeIf(kind -> !wanted.isEmpty() && !wanted.contains(kind.word()));
        return kinds;
    }

    private Set<String> words(String name, UnaryOperator<String> check) {
        return parameters.list(name).stream().map(check).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static String oneOf(String name, String value, List<String> words) {
        if (!words.contains(value)) {
            throw ApiException.badRequest(
                    "parameter " + name + " must be one of " + String.join(", ", words) + ", not " + Text.quote(value));
        }
        return value;
    }

    private @Nullable String text(String name) {
        String value = parameters.text(name);
        if (value != null && value.isEmpty()) {
            throw ApiException.badRequest("parameter " + name + " is empty; give it a value or leave it out");
        }
        return value;
    }

    private @Nullable Cidr address() {
        String value = parameters.text("ip_address");
        Cidr range = value == null ? null : Cidr.parse(value);
        if (value != null && range == null) {
            throw ApiException.badRequest(
                    "parameter ip_address must be an address or a range, as 10.0.0.7, 10.0.0.0/24 or 2001:db8::/64, not "
                            + Text.quote(value));
        }
        return range;
    }
}
