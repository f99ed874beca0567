package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.testing.RawMqttClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client of the {@link StandardBroker} that keeps what it did not wait for. It acknowledges nothing of its own accord.
 *
 * <p>{@link #arrived} needs no time to find that nothing came: what is routed when a publish method of another client
 * returns, stands in the mailbox of this client's session before the UNSUBSCRIBE that it sends and waits for.
 */
final class Client implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A session that outlives its connection. */
    static final Properties LASTING = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);

    private static final AtomicInteger NAMES = new AtomicInteger();

    final RawMqttClient raw;
    final String id;
    private final List<Packet> kept = new ArrayList<>();
    private int packetId = 40_000;
    private boolean sessionPresent;
    private Properties connAck = Properties.NONE;

    private Client(String id, RawMqttClient raw) {
        this.id = id;
        this.raw = raw;
    }

    /** A topic or ClientID that no other test has. */
    static String fresh(String stem) {
        return stem + NAMES.incrementAndGet();
    }

    /** A new client with Clean Start 1 whose session ends with its connection. */
    static Client open() throws IOException {
        return connect(fresh("c"), true, Properties.NONE);
    }

    /** A new client whose session outlives its connection. */
    static Client lasting() throws IOException {
        return connect(fresh("c"), true, LASTING);
    }

    static Client connect(String id, boolean cleanStart, Properties properties) throws IOException {
        return connect(new Packet.Connect(MqttVersion.V5, cleanStart, 0, properties, id, null, null, null));
    }

    static Client connect(Packet.Connect connect) throws IOException {
        RawMqttClient raw = RawMqttClient.connect("127.0.0.1", StandardBroker.port(), connect.version());
        Client client = new Client(connect.clientId(), raw);
        raw.send(connect);
        Packet.ConnAck answer = raw.expect(Packet.ConnAck.class);
        assertThat(answer.code()).isEqualTo(ReasonCode.SUCCESS);
        client.sessionPresent = answer.sessionPresent();
        client.connAck = answer.properties();
        return client;
    }

    Properties connAck() {
        return connAck;
    }

    /** Comes back to the session that this client left. */
    Client comeBack() throws IOException {
        return comeBack(LASTING);
    }

    Client comeBack(Properties properties) throws IOException {
        Client again = connect(id, false, properties);
        assertThat(again.sessionPresent).as("session present").isTrue();
        return again;
    }

    /** Closes without DISCONNECT; returns when the broker's session knows. */
    void leave() throws IOException {
        raw.shutdownOutput();
        assertThat(raw.awaitEnd(PATIENCE)).isNotEqualTo(RawMqttClient.End.OPEN);
        raw.close();
    }

    // ---- out

    int nextId() {
        return packetId++;
    }

    void send(Packet packet) throws IOException {
        raw.send(packet);
    }

    /** Subscribes, which must be granted as it is asked for. */
    void subscribe(String filter, int qos) throws IOException {
        ReasonCode code = subscribe(filter, SubscriptionOptions.of(QoS.of(qos)), 0);
        assertThat(code).isEqualTo(ReasonCode.granted(QoS.of(qos)));
    }

    /** @param identifier Subscription Identifier, 0 for none */
    ReasonCode subscribe(String filter, SubscriptionOptions options, int identifier) throws IOException {
        Properties properties =
                identifier == 0 ? Properties.NONE : Properties.of(Property.SUBSCRIPTION_IDENTIFIER, identifier);
        return subscribe(properties, new SubscriptionRequest(filter, options)).get(0);
    }

    List<ReasonCode> subscribe(Properties properties, SubscriptionRequest... requests) throws IOException {
        int id = nextId();
        send(new Packet.Subscribe(id, properties, List.of(requests)));
        Packet.SubAck answer = expect(Packet.SubAck.class);
        assertThat(answer.packetId()).isEqualTo(id);
        return answer.codes();
    }

    List<ReasonCode> unsubscribe(String... filters) throws IOException {
        int id = nextId();
        send(new Packet.Unsubscribe(id, Properties.NONE, List.of(filters)));
        Packet.UnsubAck answer = expect(Packet.UnsubAck.class);
        assertThat(answer.packetId()).isEqualTo(id);
        return answer.codes();
    }

    ReasonCode publish(String topic, String payload, int qos) throws IOException {
        return publish(topic, payload, qos, false, Properties.NONE);
    }

    ReasonCode retain(String topic, String payload) throws IOException {
        return publish(topic, payload, 1, true, Properties.NONE);
    }

    ReasonCode publish(String topic, String payload, int qos, boolean retain, Properties properties)
            throws IOException {
        int id = qos == 0 ? 0 : nextId();
        return publish(new Packet.Publish(topic, Bytes.utf8(payload), QoS.of(qos), retain, false, id, properties));
    }

    /** Publishes and goes through the whole handshake; at QoS 0 a PINGREQ shows that the message was taken. */
    ReasonCode publish(Packet.Publish publish) throws IOException {
        send(publish);
        switch (publish.qos()) {
            case AT_MOST_ONCE -> {
                send(Packet.PingReq.INSTANCE);
                expect(Packet.PingResp.class);
                return ReasonCode.SUCCESS;
            }
            case AT_LEAST_ONCE -> {
                Packet.PubAck ack = expect(Packet.PubAck.class);
                assertThat(ack.packetId()).isEqualTo(publish.packetId());
                return ack.code();
            }
            default -> {
                Packet.PubRec rec = expect(Packet.PubRec.class);
                assertThat(rec.packetId()).isEqualTo(publish.packetId());
                if (!rec.code().isError()) {
                    send(new Packet.PubRel(publish.packetId(), ReasonCode.SUCCESS));
                    Packet.PubComp comp = expect(Packet.PubComp.class);
                    assertThat(comp.packetId()).isEqualTo(publish.packetId());
                    assertThat(comp.code()).isEqualTo(ReasonCode.SUCCESS);
                }
                return rec.code();
            }
        }
    }

    void acknowledge(PacketType type, int id) throws IOException {
        acknowledge(type, id, ReasonCode.SUCCESS);
    }

    void acknowledge(PacketType type, int id, ReasonCode code) throws IOException {
        send(
                switch (type) {
                    case PUBACK -> new Packet.PubAck(id, code);
                    case PUBREC -> new Packet.PubRec(id, code);
                    case PUBREL -> new Packet.PubRel(id, code);
                    default -> new Packet.PubComp(id, code);
                });
    }

    // ---- in

    /** The next packet of this type; others that come before it are kept for {@link #packets}. */
    <P extends Packet> P expect(Class<P> type) throws IOException {
        for (int i = 0; i < kept.size(); i++) {
            if (type.isInstance(kept.get(i))) {
                return type.cast(kept.remove(i));
            }
        }
        while (true) {
            Packet packet = raw.receive(PATIENCE);
            if (packet == null) {
                throw new AssertionError("no " + type.getSimpleName() + ", transport " + raw.end() + ", kept " + kept);
            } else if (type.isInstance(packet)) {
                return type.cast(packet);
            }
            kept.add(packet);
        }
    }

    /** All that came since the last call and was not waited for. */
    List<Packet> packets() throws IOException {
        unsubscribe("nobody/has/this");
        List<Packet> all = List.copyOf(kept);
        kept.clear();
        return all;
    }

    /** The PUBLISH packets among {@link #packets}, which must be the only ones. */
    List<Packet.Publish> arrived() throws IOException {
        List<Packet> all = packets();
        assertThat(all).allMatch(Packet.Publish.class::isInstance);
        return all.stream().map(Packet.Publish.class::cast).toList();
    }

    List<String> payloads() throws IOException {
        return texts(arrived());
    }

    static List<String> texts(List<Packet.Publish> messages) {
        return messages.stream().map(message -> message.payload().text()).toList();
    }

    /** The one PUBLISH that came since the last call. */
    Packet.Publish only() throws IOException {
        List<Packet.Publish> all = arrived();
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    /** The code of the DISCONNECT that ends this connection; it is the last packet. */
    ReasonCode refusal() throws IOException {
        Packet.Disconnect last = expect(Packet.Disconnect.class);
        assertThat(raw.receive(PATIENCE)).as("behind DISCONNECT").isNull();
        assertThat(raw.end()).isEqualTo(RawMqttClient.End.EOF);
        return last.code();
    }

    @Override
    public void close() throws IOException {
        raw.close();
    }
}
