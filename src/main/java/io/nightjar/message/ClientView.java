package io.nightjar.message;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One client as the HTTP API tells it: field names and values as in the API document ({@code clientid, username, node,
 * ip_address, ...}). A value is a String, Long, Integer, Boolean or Double, or a
 * Map of such ({@code socket}, the live figures of the operating system); what cannot be measured is absent. Times are
 * milliseconds since 1970 as Long; the API turns them into RFC 3339.
 */
public record ClientView(Map<String, Object> fields) {
    public ClientView {
        fields = new LinkedHashMap<>(fields);
    }

    public String clientId() {
        return (String) fields.getOrDefault("clientid", "");
    }

    /** This view with more fields; equal names are replaced. */
    public ClientView with(Map<String, Object> more) {
        Map<String, Object> all = new LinkedHashMap<>(fields);
        all.putAll(more);
        return new ClientView(all);
    }
}
