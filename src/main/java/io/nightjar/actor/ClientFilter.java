package io.nightjar.actor;

import io.nightjar.message.SessionLink;
import io.nightjar.mqtt.Reason;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether a client's fields match the filters of a query; several values of one name are alternatives. */
final class ClientFilter {
    private static final Set<String> BY_NAME = Set.of("clientid", "like_clientid");

    private final Map<String, List<String>> filters;

    ClientFilter(Map<String, List<String>> filters) {
        this.filters = filters;
    }

    /** Sessions after a ClientID that are to be looked at, in order. */
    Iterator<Map.Entry<String, SessionLink>> walk(SessionDirectory directory, String after) {
        List<String> exact = filters.get("clientid");
        if (exact == null) {
            return directory.after(after).entrySet().iterator();
        }
        NavigableMap<String, SessionLink> few = new TreeMap<>();
        for (String clientId : exact) {
            SessionLink session = directory.find(clientId);
            if (session != null && clientId.compareTo(after) > 0) {
                few.put(clientId, session);
            }
        }
        return few.entrySet().iterator();
    }

    /** Whether a client of this name may match: what the name decides needs no question to its session. */
    boolean mayMatch(String clientId) {
        Map<String, Object> named = Map.of("clientid", clientId);
        return BY_NAME.stream().allMatch(name -> {
            List<String> wanted = filters.get(name);
            return wanted == null || wanted.stream().anyMatch(value -> matches(named, name, value));
        });
    }

    /** Whether {@link #mayMatch} decides alone. */
    boolean isByName() {
        return BY_NAME.containsAll(filters.keySet());
    }

    /** Whether every client matches. */
    boolean isOpen() {
        return filters.isEmpty();
    }

    boolean matches(Map<String, Object> client) {
        return filters.entrySet().stream().allMatch(filter -> filter.getValue().stream()
                .anyMatch(wanted -> matches(client, filter.getKey(), wanted)));
    }

    private static boolean matches(Map<String, Object> client, String name, String wanted) {
        if (name.startsWith("like_")) {
            return text(client.get(name.substring(5)))
                    .toLowerCase(Locale.ROOT)
                    .contains(wanted.toLowerCase(Locale.ROOT));
        } else if (name.startsWith("gte_")) {
            Long value = number(client.get(name.substring(4)));
            return value != null && value >= Long.parseLong(wanted);
        } else if (name.startsWith("lte_")) {
            Long value = number(client.get(name.substring(4)));
            return value != null && value <= Long.parseLong(wanted);
        }
        return switch (name) {
            case "conn_state" -> connState(client, wanted);
            case "reason" -> {
                Reason reason = Reason.of(wanted);
                yield reason != null && reason.word().equals(client.get("last_reason"));
            }
            default -> text(client.get(name)).equals(wanted);
        };
    }

    private static boolean connState(Map<String, Object> client, String wanted) {
        boolean connected = Boolean.TRUE.equals(client.get("connected"));
        return switch (wanted) {
            case "connected" -> connected;
            case "disconnected" -> !connected;
            default -> false; // "idle" is a socket without a CONNECT: it has no ClientID and is no client yet
        };
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    private static @Nullable Long number(@Nullable Object value) {
        return value instanceof Number number ? (Long) number.longValue() : null;
    }
}
