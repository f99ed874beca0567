package io.nightjar.testing.device;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** Eclipse Paho's Java client for 3.1 and 3.1.1. */
final class PahoThree extends Device {
    private final MqttClient client;

    PahoThree(Connect connect, int version) throws MqttException {
        client = new MqttClient("tcp://127.0.0.1:" + connect.port(), connect.clientId(), new MemoryPersistence());
        client.setTimeToWait(PATIENCE.toMillis());
        client.setCallback(new Callback());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(version);
        options.setCleanSession(!connect.stored());
        options.setMaxInflight(1000); // it refuses an 11th message that is not acknowledged, and does not wait
        Note will = connect.will();
        if (will != null) {
            options.setWill(will.topic(), bytes(will), will.qos(), will.retain());
        }
        client.connect(options);
    }

    private static byte[] bytes(Note note) {
        return note.payload().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void subscribe(String filter, int qos) throws MqttException {
        client.subscribe(filter, qos);
    }

    @Override
    public void publish(Note note) throws MqttException {
        client.publish(note.topic(), bytes(note), note.qos(), note.retain());
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
        public void connectionLost(Throwable cause) {
            // the scenarios read the log of the server
        }

        @Override
        public void messageArrived(String topic, MqttMessage m) {
            String payload = new String(m.getPayload(), StandardCharsets.UTF_8);
            arrived(new Note(topic, payload, m.getQos(), m.isRetained(), List.of(), "", ""));
        }

        @Override
        public void deliveryComplete(IMqttDeliveryToken token) {
            // the blocking client waited for it
        }
    }
}
