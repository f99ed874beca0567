package io.nightjar.routing;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import java.util.ArrayList;
import java.util.List;

/** A subscriber that keeps what it gets. */
final class Recorder implements Subscriber {
    final List<Delivery> deliveries = new ArrayList<>();
    volatile boolean connected = true;
    private final String clientId;

    Recorder(String clientId) {
        this.clientId = clientId;
    }

    static Message message(String topic, int qos, boolean retain, String publisher) {
        return message(topic, "payload", qos, retain, publisher, 1000);
    }

    static Message message(String topic, String payload, int qos, boolean retain, String publisher, long at) {
        return new Message(topic, Bytes.utf8(payload), QoS.of(qos), retain, Properties.NONE, publisher, at);
    }

    Delivery only() {
        if (deliveries.size() != 1) {
            throw new AssertionError(clientId + " got " + deliveries);
        }
        return deliveries.get(0);
    }

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public void deliver(Delivery delivery) {
        deliveries.add(delivery);
    }

    @Override
    public boolean isConnected() {
        return connected;
    }
}
