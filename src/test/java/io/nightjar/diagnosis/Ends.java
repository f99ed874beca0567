package io.nightjar.diagnosis;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Detail;
import java.util.LinkedHashMap;
import java.util.Map;

/** Recorded events for tests: a few words each. */
public final class Ends {
    /** 2026-11-26T12:00:00Z, a whole minute. */
    public static final long NOON = 1_795_694_400_000L;

    private Ends() {}

    /** An end of an accepted connection on {@code tcp:default} of {@code n1}. */
    public static RecordedEvent ended(long atMillis, String clientId, String address, Detail detail, Object... more) {
        return event(Kind.ENDED, atMillis, clientId, address, detail, more);
    }

    public static RecordedEvent event(
            Kind kind, long atMillis, String clientId, String address, Detail detail, Object... more) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("reason", detail.reason().word());
        fields.put("detail", detail.word());
        fields.put("side", "unknown");
        fields.put("listener", "tcp:default");
        fields.put("node", "n1");
        put(fields, more);
        return new RecordedEvent(atMillis, kind, clientId, peer(address), fields);
    }

    public static RecordedEvent connected(long atMillis, String clientId, String address, Object... more) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("listener", "tcp:default");
        put(fields, more);
        return new RecordedEvent(atMillis, Kind.CONNECTED, clientId, peer(address), fields);
    }

    private static void put(Map<String, Object> fields, Object... more) {
        for (int i = 0; i < more.length; i += 2) {
            fields.put((String) more[i], more[i + 1]);
        }
    }

    private static String peer(String address) {
        return (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":40000";
    }
}
