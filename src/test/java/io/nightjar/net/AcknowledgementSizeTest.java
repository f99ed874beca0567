package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.message.Connection;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.testing.RawMqttClient;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Acknowledgements against the client's Maximum Packet Size, whoever put a Reason String or User Properties on them: to
 * the byte, on a real connection.
 */
class AcknowledgementSizeTest {
    private static final int CONNACK_SIZE = 40;

    private static CompletableFuture<Connection> connection = new CompletableFuture<>();
    private static LoneListener listener;

    /** A kind of acknowledgement, made with these properties. */
    private record Kind(String name, Function<Properties, Packet> make) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Kind> kinds() {
        List<ReasonCode> codes = Collections.nCopies(30, ReasonCode.NOT_AUTHORIZED);
        return Stream.of(
                new Kind("PUBACK", p -> new Packet.PubAck(7, ReasonCode.NOT_AUTHORIZED, p)),
                new Kind("PUBREC", p -> new Packet.PubRec(7, ReasonCode.QUOTA_EXCEEDED, p)),
                new Kind("PUBREL", p -> new Packet.PubRel(7, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, p)),
                new Kind("PUBCOMP", p -> new Packet.PubComp(7, ReasonCode.SUCCESS, p)),
                new Kind("SUBACK", p -> new Packet.SubAck(7, p, codes)),
                new Kind("UNSUBACK", p -> new Packet.UnsubAck(7, p, codes)));
    }

    @BeforeAll
    static void start() {
        InstantSource clock = InstantSource.system();
        Sessions sessions = (clientId, attached, info) -> {
            attached.attached(1, false, new Link());
            connection.complete(attached);
        };
        listener = new LoneListener(
                new NettyLoops(1, true, clock),
                clock,
                new Counters(),
                sessions,
                EnhancedAuthentication.none(),
                end -> {});
    }

    @AfterAll
    static void stop() {
        listener.close();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Normative({
        "5.0/3.4.2-2",
        "5.0/3.5.2-2",
        "5.0/3.6.2-2",
        "5.0/3.7.2-2",
        "5.0/3.9.2-1",
        "5.0/3.11.2-1",
        "5.0/3.1.2-24"
    })
    @OftenWrong(23)
    void a_reason_string_that_makes_it_too_large_is_left_out(Kind kind) throws Exception {
        assertLeftOut(kind, Properties.of(Property.REASON_STRING, "because ".repeat(10)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Normative({
        "5.0/3.4.2-3",
        "5.0/3.5.2-3",
        "5.0/3.6.2-3",
        "5.0/3.7.2-3",
        "5.0/3.9.2-2",
        "5.0/3.11.2-2",
        "5.0/3.1.2-24"
    })
    @OftenWrong(23)
    void user_properties_that_make_it_too_large_are_left_out(Kind kind) throws Exception {
        Properties.Builder properties = Properties.builder();
        for (int i = 0; i < 10; i++) {
            properties.add(Property.USER_PROPERTY, new UserProperty("rule", "number " + i));
        }
        assertLeftOut(kind, properties.build());
    }

    private static void assertLeftOut(Kind kind, Properties properties) throws Exception {
        Packet full = kind.make.apply(properties);
        Packet bare = kind.make.apply(Properties.NONE);
        int size = PacketEncoder.size(full, MqttVersion.V5);
        int bareSize = PacketEncoder.size(bare, MqttVersion.V5);

        assertThat(sent(full, size)).as("at the limit").isEqualTo(full);
        assertThat(sent(full, size - 1)).as("one byte above").isEqualTo(bare);
        if (bareSize >= CONNACK_SIZE) {
            assertThat(sent(full, bareSize)).as("as little as can be").isEqualTo(bare);
            assertThat(sent(full, bareSize - 1))
                    .as("whoever waits for the answer does not wait for ever")
                    .isEqualTo(new Packet.Disconnect(ReasonCode.PACKET_TOO_LARGE));
        } else {
            assertThat(sent(full, CONNACK_SIZE)).as("far above").isEqualTo(bare);
        }
    }

    /** What a client with this Maximum Packet Size gets. */
    private static Packet sent(Packet packet, int maximumPacketSize) throws Exception {
        connection = new CompletableFuture<>();
        try (RawMqttClient client = RawMqttClient.connect("127.0.0.1", listener.port())) {
            client.open("c", true, Properties.of(Property.MAXIMUM_PACKET_SIZE, (long) maximumPacketSize));
            connection.get(10, TimeUnit.SECONDS).send(packet);
            Packet received = client.receive(RawMqttClient.PATIENCE);
            return received instanceof Packet.Disconnect d ? new Packet.Disconnect(d.code()) : received;
        }
    }

    /** A session that hears nothing. */
    private static final class Link implements SessionLink {
        @Override
        public void tell(SessionCommand command) {
            // not about sessions
        }

        @Override
        public String node() {
            return "test";
        }
    }
}
