package io.nightjar.testing.device;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperty;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** HiveMQ's client as one of MQTT 5. */
final class HiveFive extends Device {
    private final Mqtt5BlockingClient client;

    HiveFive(Connect connect) {
        client = MqttClient.builder()
                .useMqttVersion5()
                .identifier(connect.clientId())
                .serverHost("127.0.0.1")
                .serverPort(connect.port())
                .buildBlocking();
        client.toAsync().publishes(MqttGlobalPublishFilter.ALL, this::received);
        var with = client.connectWith().cleanStart(!connect.stored()).sessionExpiryInterval(connect.stored() ? 600 : 0);
        Note will = connect.will();
        if (will != null) {
            with = with.willPublish(message(will));
        }
        with.send();
    }

    private static Mqtt5Publish message(Note note) {
        Mqtt5PublishBuilder.Complete builder = Mqtt5Publish.builder()
                .topic(note.topic())
                .payload(note.payload().getBytes(StandardCharsets.UTF_8))
                .qos(MqttQos.fromCode(note.qos()))
                .retain(note.retain())
                .userProperties(Mqtt5UserProperties.of(note.userProperties().stream()
                        .map(p -> Mqtt5UserProperty.of(p.substring(0, p.indexOf(':')), p.substring(p.indexOf(':') + 1)))
                        .toList()));
        if (!note.responseTopic().isEmpty()) {
            builder = builder.responseTopic(note.responseTopic());
        }
        if (!note.correlation().isEmpty()) {
            builder = builder.correlationData(note.correlation().getBytes(StandardCharsets.UTF_8));
        }
        return builder.build();
    }

    private void received(Mqtt5Publish m) {
        List<String> user = m.getUserProperties().asList().stream()
                .map(u -> u.getName() + ":" + u.getValue())
                .toList();
        String correlation = m.getCorrelationData().map(HiveFive::text).orElse("");
        String payload = new String(m.getPayloadAsBytes(), StandardCharsets.UTF_8);
        String responseTopic = m.getResponseTopic().map(Object::toString).orElse("");
        arrived(new Note(
                m.getTopic().toString(),
                payload,
                m.getQos().getCode(),
                m.isRetain(),
                user,
                responseTopic,
                correlation));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
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
