package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.Will;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What subscribers hear of clients that come and go. */
class ClientEventsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Long enough that something wrong would have come, for it would come at once. */
    private static final Duration QUIET = Duration.ofMillis(150);

    private static final Properties LASTING = Properties.of(Property.SESSION_EXPIRY_INTERVAL, 600L);

    @TempDir
    private static Path directory;

    private static TestBroker broker;

    private record Event(String topic, JsonNode json) {
        String text(String field) {
            return json.get(field).asText();
        }
    }

    @BeforeAll
    static void start() {
        broker = TestBroker.start(
                directory, "events", Map.of("sys-topics.client-events", "on", "sys-topics.interval", "0s"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void a_client_that_others_wrote_comes_and_goes() throws IOException {
        try (RawMqttClient reader = reader("reader-hivemq", "$SYS/brokers/events/clients/hive/#")) {
            Mqtt5BlockingClient client = MqttClient.builder()
                    .useMqttVersion5()
                    .identifier("hive")
                    .serverHost("127.0.0.1")
                    .serverPort(broker.port())
                    .buildBlocking();
            client.connectWith()
                    .keepAlive(77)
                    .cleanStart(true)
                    .sessionExpiryInterval(30)
                    .simpleAuth()
                    .username("user-1")
                    .applySimpleAuth()
                    .send();
            Event connected = event(reader);
            client.disconnect();
            Event disconnected = event(reader);

            assertThat(connected.topic()).isEqualTo("$SYS/brokers/events/clients/hive/connected");
            assertThat(connected.text("clientid")).isEqualTo("hive");
            assertThat(connected.text("username")).isEqualTo("user-1");
            assertThat(connected.text("ipaddress")).isEqualTo("127.0.0.1");
            assertThat(connected.json().get("sockport").intValue()).isEqualTo(broker.port());
            assertThat(connected.json().get("keepalive").intValue()).isEqualTo(77);
            assertThat(connected.json().get("expiry_interval").intValue()).isEqualTo(30);
            assertThat(connected.json().get("proto_ver").intValue()).isEqualTo(5);
            assertThat(connected.json().get("connack").intValue()).isZero();
            assertThat(disconnected.topic()).isEqualTo("$SYS/brokers/events/clients/hive/disconnected");
            assertThat(disconnected.text("reason")).isEqualTo("normal");
            assertThat(disconnected.text("detail")).isEqualTo("disconnect");
            assertThat(disconnected.text("side")).isEqualTo("client");
            assertThat(disconnected.json().get("connected_at"))
                    .isEqualTo(connected.json().get("connected_at"));
            assertThat(disconnected.json().get("disconnected_at").longValue())
                    .isGreaterThanOrEqualTo(connected.json().get("connected_at").longValue());
        }
    }

    @Test
    void a_client_id_with_slashes_and_wildcards_stays_one_level() throws IOException {
        try (RawMqttClient reader = reader("reader-odd", "$SYS/brokers/+/clients/a%2Fb%2B%23%25/+");
                RawMqttClient client = raw()) {
            client.open("a/b+#%", true);
            Event connected = event(reader);
            client.reset();
            Event disconnected = event(reader);

            assertThat(connected.topic()).isEqualTo("$SYS/brokers/events/clients/a%2Fb%2B%23%25/connected");
            assertThat(connected.text("clientid")).isEqualTo("a/b+#%");
            assertThat(disconnected.text("clientid")).isEqualTo("a/b+#%");
            assertThat(disconnected.text("reason")).isEqualTo("tcp_closed");
        }
    }

    @Test
    void a_connect_that_is_refused_is_no_event() throws IOException {
        Will forbidden = new Will("$SYS/will", Bytes.utf8("x"), QoS.AT_MOST_ONCE, false, Properties.NONE);
        try (RawMqttClient reader = reader("reader-refused", "$SYS/brokers/+/clients/refused/#");
                RawMqttClient refused = raw();
                RawMqttClient accepted = raw()) {
            refused.send(
                    new Packet.Connect(MqttVersion.V5, true, 0, Properties.NONE, "refused", forbidden, null, null));
            ReasonCode code = refused.expect(Packet.ConnAck.class).code();
            accepted.open("refused", true);

            assertThat(code).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(event(reader).topic()).endsWith("/connected");
            assertThat(reader.receive(QUIET)).isNull();
        }
    }

    @Test
    void a_takeover_tells_the_end_of_the_old_connection_before_the_new_one() throws IOException {
        try (RawMqttClient reader = reader("reader-takeover", "$SYS/brokers/+/clients/twice/#");
                RawMqttClient old = raw();
                RawMqttClient fresh = raw()) {
            old.open("twice", false, LASTING);
            fresh.open("twice", false, LASTING);

            List<Event> events = List.of(event(reader), event(reader), event(reader));

            assertThat(events)
                    .extracting(event -> event.topic().replaceFirst(".*/", ""))
                    .containsExactly("connected", "disconnected", "connected");
            assertThat(events.get(1).text("reason")).isEqualTo("takeovered");
            assertThat(events.get(0).json().get("session_present").booleanValue())
                    .isFalse();
            assertThat(events.get(2).json().get("session_present").booleanValue())
                    .isTrue();
        }
    }

    @Test
    void a_reader_of_events_that_ends_itself_hears_of_it_once_and_no_more() throws IOException {
        String filter = "$SYS/brokers/+/clients/mirror/#";
        try (RawMqttClient reader = raw()) {
            reader.open("mirror", false, LASTING);
            reader.subscribe(1, filter, QoS.AT_LEAST_ONCE);
            reader.reset();
        }
        try (RawMqttClient other = reader("reader-mirror", filter);
                RawMqttClient returned = raw()) {
            returned.open("mirror", false, LASTING);
            Event first = event(returned);
            // The end of the first connection may be seen before or after the return: then it was taken over.
            Event second = event(returned);

            assertThat(first.topic()).endsWith("/disconnected");
            assertThat(second.topic()).endsWith("/connected");
            assertThat(returned.receive(QUIET)).isNull();
            assertThat(other.end()).isEqualTo(RawMqttClient.End.OPEN);
        }
    }

    @Test
    void many_that_end_at_once_are_all_told() throws IOException {
        int many = 200;
        try (RawMqttClient reader = reader("reader-many", "$SYS/brokers/+/clients/#")) {
            List<RawMqttClient> crowd = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                RawMqttClient client = raw();
                client.open("crowd-" + i, true);
                crowd.add(client);
            }
            for (RawMqttClient client : crowd) {
                client.reset();
            }

            Map<String, Integer> told = new HashMap<>();
            while (told.getOrDefault("connected", 0) < many || told.getOrDefault("disconnected", 0) < many) {
                Event event = event(reader);
                if (event.text("clientid").startsWith("crowd-")) {
                    told.merge(event.topic().replaceFirst(".*/", ""), 1, Integer::sum);
                }
            }

            assertThat(told).containsOnly(Map.entry("connected", many), Map.entry("disconnected", many));
        }
    }

    private static Event event(RawMqttClient reader) throws IOException {
        Packet.Publish publish = reader.expect(Packet.Publish.class);
        assertThat(publish.qos()).isEqualTo(QoS.AT_MOST_ONCE);
        assertThat(publish.retain()).isFalse();
        return new Event(publish.topic(), JSON.readTree(publish.payload().text()));
    }

    private static RawMqttClient reader(String clientId, String filter) throws IOException {
        RawMqttClient client = raw();
        client.open(clientId, true);
        client.subscribe(1, filter, QoS.AT_LEAST_ONCE);
        return client;
    }

    private static RawMqttClient raw() throws IOException {
        return RawMqttClient.connect("127.0.0.1", broker.port());
    }
}
