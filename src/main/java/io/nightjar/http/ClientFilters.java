package io.nightjar.http;

import io.nightjar.mqtt.Reason;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The filters of client lists: checked here, so that those who answer need not. What they get is normal: times are
 * milliseconds since 1970, {@code proto_ver} is 3, 4 or 5, an address is as Java prints it, {@code reason} is one of the
 * eight words.
 */
final class ClientFilters {
    /** Names of all filters. */
    static final List<String> NAMES = List.of(
            "node",
            "username",
            "clientid",
            "ip_address",
            "conn_state",
            "clean_start",
            "proto_ver",
            "like_clientid",
            "like_username",
            "gte_created_at",
            "lte_created_at",
            "gte_connected_at",
            "lte_connected_at",
            "reason");

    /** Those that may stand more than once; their values are alternatives. */
    static final List<String> REPEATABLE = List.of("clientid", "username", "node", "reason", "ip_address");

    private static final List<String> STATES = List.of("connected", "idle", "disconnected");
    private static final List<String> VERSIONS = List.of("3", "4", "5");

    private ClientFilters() {}

    /** @param nodes the nodes there are */
    static Map<String, List<String>> of(Parameters parameters, List<String> nodes, ZoneId zone) {
        Map<String, List<String>> filters = new LinkedHashMap<>();
        for (String name : NAMES) {
            if (parameters.has(name)) {
                filters.put(name, values(parameters, name, nodes, zone));
            }
        }
        return filters;
    }

    private static List<String> values(Parameters parameters, String name, List<String> nodes, ZoneId zone) {
        switch (name) {
            case "conn_state":
                return List.of(parameters.word(name, "", STATES));
            case "clean_start":
                return List.of(parameters.word(name, "", List.of("true", "false")));
            case "proto_ver":
                return List.of(parameters.word(name, "", VERSIONS));
            case "gte_created_at", "lte_created_at", "gte_connected_at", "lte_connected_at":
                return List.of(String.valueOf(parameters.time(name, zone)));
            default:
                List<String> checked = new ArrayList<>();
                for (String value : parameters.list(name)) {
                    checked.add(value(name, value, nodes));
                }
                return checked;
        }
    }

    private static String value(String name, String value, List<String> nodes) {
        if (value.isEmpty() && !name.equals("clientid")) {
            throw ApiException.badRequest("parameter " + name + " is empty; give it a value or leave it out");
        }
        switch (name) {
            case "node":
                if (!nodes.contains(value)) {
                    throw ApiException.badRequest(
                            "parameter node must be one of " + String.join(", ", nodes) + ", not " + Text.quote(value));
                }
                return value;
            case "reason":
                return reason(value);
            case "ip_address":
                String address = address(value);
                if (address == null) {
                    throw ApiException.badRequest(
                            "parameter ip_address must be an IPv4 or IPv6 address, not " + Text.quote(value));
                }
                return address;
            default:
                return value;
        }
    }

    /** The word of a reason; {@code takenover} is one of them. */
    static String reason(String value) {
        Reason reason = Reason.of(value);
        if (reason == null) {
            String words = String.join(
                    ", ", Arrays.stream(Reason.values()).map(Reason::word).toList());
            throw ApiException.badRequest("parameter reason must be one of " + words + ", not " + Text.quote(value));
        }
        return reason.word();
    }

    /** The address as Java prints it, or null if the text is none. Never asks a name server. */
    private static @Nullable String address(String text) {
        boolean ipv6 = text.indexOf(':') >= 0 && text.matches("[0-9A-Fa-f:.]{2,45}");
        boolean ipv4 = text.matches("\\d{1,3}(\\.\\d{1,3}){3}");
        if (!ipv4 && !ipv6) {
            return null;
        }
        try {
            return InetAddress.getByName(text).getHostAddress();
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
