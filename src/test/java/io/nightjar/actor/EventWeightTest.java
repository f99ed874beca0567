package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.Will;
import io.nightjar.trace.TraceEvent;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a client can make large counts. */
class EventWeightTest {
    private static final int LARGE = 60_000;
    private static final String TEXT = "x".repeat(LARGE);
    private static final Bytes BYTES = Bytes.wrap(new byte[LARGE]);
    private static final Properties PROPERTIES = Properties.of(Property.REASON_STRING, TEXT);

    static Stream<Packet> large() {
        return Stream.of(
                connect(PROPERTIES, "", null, null),
                connect(Properties.NONE, TEXT, null, null),
                connect(Properties.NONE, "", null, TEXT),
                connect(Properties.NONE, "", will(TEXT, Bytes.EMPTY, Properties.NONE), null),
                connect(Properties.NONE, "", will("t", BYTES, Properties.NONE), null),
                connect(Properties.NONE, "", will("t", Bytes.EMPTY, PROPERTIES), null),
                new Packet.ConnAck(false, ReasonCode.SUCCESS, PROPERTIES),
                publish(TEXT, Bytes.EMPTY, Properties.NONE),
                publish("t", BYTES, Properties.NONE),
                publish("t", Bytes.EMPTY, PROPERTIES),
                new Packet.PubAck(1, ReasonCode.SUCCESS, PROPERTIES),
                new Packet.PubRec(1, ReasonCode.SUCCESS, PROPERTIES),
                new Packet.PubRel(1, ReasonCode.SUCCESS, PROPERTIES),
                new Packet.PubComp(1, ReasonCode.SUCCESS, PROPERTIES),
                subscribe(PROPERTIES, "t"),
                subscribe(Properties.NONE, TEXT),
                new Packet.SubAck(1, PROPERTIES, List.of(ReasonCode.SUCCESS)),
                new Packet.SubAck(1, Properties.NONE, Collections.nCopies(LARGE, ReasonCode.SUCCESS)),
                new Packet.Unsubscribe(1, PROPERTIES, List.of("t")),
                new Packet.Unsubscribe(1, Properties.NONE, List.of(TEXT)),
                new Packet.UnsubAck(1, PROPERTIES, List.of(ReasonCode.SUCCESS)),
                new Packet.UnsubAck(1, Properties.NONE, Collections.nCopies(LARGE, ReasonCode.SUCCESS)),
                new Packet.Disconnect(ReasonCode.SUCCESS, PROPERTIES),
                new Packet.Auth(ReasonCode.CONTINUE_AUTHENTICATION, PROPERTIES));
    }

    @ParameterizedTest
    @MethodSource("large")
    void a_packet_weighs_what_it_carries(Packet packet) {
        assertThat(EventWeight.of(event("c", packet, Map.of()))).isGreaterThan(LARGE);
    }

    @Test
    void no_kind_of_packet_was_forgotten() {
        Set<Class<?>> small = Set.of(Packet.PingReq.class, Packet.PingResp.class);
        Set<Class<?>> all = new HashSet<>(Arrays.asList(Packet.class.getPermittedSubclasses()));
        all.removeAll(small);

        assertThat(large().map(Packet::getClass).collect(Collectors.<Class<?>>toSet()))
                .isEqualTo(all);
    }

    @Test
    void client_and_fields_weigh_too() {
        assertThat(EventWeight.of(event(TEXT, null, Map.of()))).isGreaterThan(LARGE);
        assertThat(EventWeight.of(event("c", null, Map.of("topic", TEXT)))).isGreaterThan(LARGE);
        assertThat(EventWeight.of(event("c", null, Map.of("last_in", List.of(TEXT, TEXT)))))
                .isGreaterThan(2 * LARGE);
        assertThat(EventWeight.of(event("c", null, Map.of("payload", BYTES)))).isGreaterThan(LARGE);
    }

    private static TraceEvent event(String clientId, @Nullable Packet packet, Map<String, Object> fields) {
        return new TraceEvent(0, TraceEvent.Tag.MQTT, TraceEvent.Level.DEBUG, "m", clientId, "p:1", packet, fields);
    }

    private static Packet connect(
            Properties properties, String clientId, @Nullable Will will, @Nullable String username) {
        return new Packet.Connect(MqttVersion.V5, true, 60, properties, clientId, will, username, null);
    }

    private static Will will(String topic, Bytes payload, Properties properties) {
        return new Will(topic, payload, QoS.AT_MOST_ONCE, false, properties);
    }

    private static Packet publish(String topic, Bytes payload, Properties properties) {
        return new Packet.Publish(topic, payload, QoS.AT_MOST_ONCE, false, false, 0, properties);
    }

    private static Packet subscribe(Properties properties, String filter) {
        return new Packet.Subscribe(
                1, properties, List.of(new SubscriptionRequest(filter, SubscriptionOptions.of(QoS.AT_MOST_ONCE))));
    }
}
