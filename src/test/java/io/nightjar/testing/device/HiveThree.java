package io.nightjar.testing.device;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3ConnectBuilder;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** HiveMQ's client as one of 3.1.1. */
final class HiveThree extends Device {
    private final Mqtt3BlockingClient client;

    HiveThree(Connect connect) {
        client = MqttClient.builder()
                .useMqttVersion3()
                .identifier(connect.clientId())
                .serverHost("127.0.0.1")
                .serverPort(connect.port())
                .buildBlocking();
        client.toAsync().publishes(MqttGlobalPublishFilter.ALL, this::received);
        Mqtt3ConnectBuilder.Send<?> with = client.connectWith().cleanSession(!connect.stored());
        Note will = connect.will();
        if (will != null) {
            with = with.willPublish(message(will));
        }
        with.send();
    }

    private static Mqtt3Publish message(Note note) {
        return Mqtt3Publish.builder()
                .topic(note.topic())
                .payload(note.payload().getBytes(StandardCharsets.UTF_8))
                .qos(MqttQos.fromCode(note.qos()))
                .retain(note.retain())
                .build();
    }

    private void received(Mqtt3Publish m) {
        String payload = new String(m.getPayloadAsBytes(), StandardCharsets.UTF_8);
        arrived(new Note(m.getTopic().toString(), payload, m.getQos().getCode(), m.isRetain(), List.of(), "", ""));
    }

    @Override
    public void subscribe(String filter, int qos) {
        client.subscribeWith().topicFilter(filter).qos(MqttQos.fromCode(qos)).send();
    }

    @Override
    public void publish(Note note) {
        client.publish(message(note));
    }

    @Override
    public void disconnect() {
        client.disconnect();
    }

    @Override
    public void close() {
        client.toAsync().disconnect().exceptionally(goneAlready -> null).join();
    }
}
