package io.nightjar.diagnosis;

import io.nightjar.mqtt.PacketType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps nothing. */
final class NoRecorder implements FlightRecorder {
    @Override
    public void ended(ConnectionEnd end) {}

    @Override
    public void connected(long atMillis, Client client, boolean sessionPresent, Map<String, String> carrier) {}

    @Override
    public void subscribed(long atMillis, String clientId, String filter, int code) {}

    @Override
    public void unsubscribed(long atMillis, String clientId, String filter) {}

    @Override
    public void denied(
            long atMillis, String clientId, String peer, PacketType what, String topic, @Nullable String rule) {}

    @Override
    public void dropped(long atMillis, String clientId, String why, String topic) {}

    @Override
    public void nearMiss(long atMillis, String clientId, String peer, long silentMillis, int keepAliveSeconds) {}

    @Override
    public void sessionEnded(long atMillis, String clientId, String why) {}
}
