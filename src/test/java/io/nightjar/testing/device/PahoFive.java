package io.nightjar.testing.device;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/** Eclipse Paho's Java client for MQTT 5. */
final class PahoFive extends Device {
    private final MqttClient client;

    PahoFive(Connect connect) throws MqttException {
        client = new MqttClient("tcp://127.0.0.1:" + connect.port(), connect.clientId(), new MemoryPersistence());
        client.setTimeToWait(PATIENCE.toMillis());
        client.setCallback(new Callback());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(!connect.stored());
        options.setSessionExpiryInterval(connect.stored() ? 600L : 0L);
        Note will = connect.will();
        if (will != null) {
            options.setWill(will.topic(), message(will));
        }
        client.connect(options);
    }

    private static MqttMessage message(Note note) {
        MqttMessage message = new MqttMessage(note.payload().getBytes(StandardCharsets.UTF_8));
        message.setQos(note.qos());
        message.setRetained(note.retain());
        MqttProperties properties = new MqttProperties();
        properties.setUserProperties(note.userProperties().stream()
                .map(p -> new UserProperty(p.substring(0, p.indexOf(':')), p.substring(p.indexOf(':') + 1)))
                .toList());
        if (!note.responseTopic().isEmpty()) {
            properties.setResponseTopic(note.responseTopic());
        }
        if (!note.correlation().isEmpty()) {
            properties.setCorrelationData(note.correlation().getBytes(StandardCharsets.UTF_8));
        }
        message.setProperties(properties);
        return message;
    }

    private static Note note(String topic, MqttMessage m) {
        MqttProperties p = m.getProperties();
        List<String> user = p.getUserProperties().stream()
                .map(u -> u.getKey() + ":" + u.getValue())
                .toList();
        String responseTopic = p.getResponseTopic() == null ? "" : p.getResponseTopic();
        String correlation =
                p.getCorrelationData() == null ? "" : new String(p.getCorrelationData(), StandardCharsets.UTF_8);
        String payload = new String(m.getPayload(), StandardCharsets.UTF_8);
        return new Note(topic, payload, m.getQos(), m.isRetained(), user, responseTopic, correlation);
    }

    @Override
    public void subscribe(String filter, int qos) throws MqttException {
        client.subscribe(filter, qos);
    }

    @Override
    public void publish(Note note) throws MqttException {
        client.publish(note.topic(), message(note));
    }

    @Override
    public void disconnect() throws MqttException {
        client.disconnect();
    }

    @Override
    public void close() {
        try {
            client.disconnect();
        } catch (MqttException goneAlready) {
            // Whether it is still connected is only known by trying.
        }
        try {
            client.close(true);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    private final class Callback implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) {
            arrived(note(topic, message));
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            // the scenarios read the log of the server
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            arrived(Note.of("error", exception.toString(), 0));
        }

        @Override
        public void deliveryComplete(IMqttToken token) {
            // the blocking client waited for it
        }

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {
            // connect returned
        }

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {
            arrived(Note.of("error", "AUTH", 0));
        }
    }
}
