package io.nightjar.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceFormatTest {
    private static final long AT = 1_795_442_709_123_456L;

    private static TraceFormat format(String formatter, String encode, int limit) {
        return TraceFormat.of(new TraceDefinition("t", "clientid", "dev-1", 0, 1, formatter, encode, limit, false));
    }

    private static Packet.Publish publish(String topic, Bytes payload) {
        return new Packet.Publish(topic, payload, QoS.AT_LEAST_ONCE, false, false, 7, Properties.NONE);
    }

    private static String text(Packet packet) {
        return format("text", "text", 1024).line(TraceEvents.packetReceived(AT, "dev-1", "10.0.0.7:40000", packet));
    }

    private static String packet(Packet packet) {
        String line = text(packet);
        return line.substring(line.indexOf("packet: ") + 8);
    }

    @Test
    void a_text_line_reads_as_the_contract_says() {
        assertThat(text(publish("a/b", Bytes.utf8("hello"))))
                .isEqualTo("2026-11-23T14:05:09.123456Z [MQTT] dev-1@10.0.0.7:40000 msg: mqtt_packet_received, "
                        + "packet: PUBLISH(Q1, R0, D0, Topic=a/b, PacketId=7, Payload=hello)");
    }

    @Test
    void an_end_is_one_socket_line() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("reason", "keepalive_timeout");
        fields.put("detail", "keep_alive");
        fields.put("side", "network");
        fields.put("keep_alive_s", 60);
        fields.put("last_in", List.of("PUBLISH#7(42B,90000ms)", "PINGREQ(2B,60000ms)"));

        String line = format("text", "text", 1024).line(TraceEvents.connectionEnded(AT, "dev-1", "[::1]:5", fields));

        assertThat(line)
                .isEqualTo("2026-11-23T14:05:09.123456Z [SOCKET] dev-1@[::1]:5 msg: connection_ended, "
                        + "reason: keepalive_timeout, detail: keep_alive, side: network, keep_alive_s: 60, "
                        + "last_in: [\"PUBLISH#7(42B,90000ms)\", \"PINGREQ(2B,60000ms)\"]");
    }

    @Test
    void a_json_line_reads_as_the_contract_says() {
        TraceEvent event = TraceEvents.packetSent(AT, "dev-1", "10.0.0.7:40000", publish("a/b", Bytes.utf8("h\"i")));

        assertThat(format("json", "text", 1024).line(event))
                .isEqualTo("{\"time\":\"2026-11-23T14:05:09.123456Z\",\"level\":\"debug\",\"msg\":\"mqtt_packet_sent\","
                        + "\"meta\":{\"trace_tag\":\"MQTT\",\"clientid\":\"dev-1\",\"peername\":\"10.0.0.7:40000\","
                        + "\"packet\":\"PUBLISH(Q1, R0, D0, Topic=a/b, PacketId=7, Payload=\\\"h\\\\\\\"i\\\")\"}}");
    }

    @Test
    void a_field_cannot_replace_what_a_json_line_says_itself() throws Exception {
        TraceEvent event = new TraceEvent(
                AT,
                TraceEvent.Tag.AUTHZ,
                TraceEvent.Level.WARNING,
                "denied",
                "dev-1",
                "p:1",
                Map.of("clientid", "other", "n", 3, "yes", true, "body", Bytes.utf8("x,y")));

        JsonNode meta = new ObjectMapper()
                .readTree(format("json", "text", 99).line(event))
                .get("meta");

        assertThat(meta.get("clientid").asText()).isEqualTo("dev-1");
        assertThat(meta.get("clientid_").asText()).isEqualTo("other");
        assertThat(meta.get("n").isInt()).isTrue();
        assertThat(meta.get("yes").asBoolean()).isTrue();
        assertThat(meta.get("body").asText()).isEqualTo("\"x,y\"");
    }

    @Test
    void connect_tells_that_there_was_a_password_but_not_which() {
        Properties properties = Properties.builder()
                .add(Property.SESSION_EXPIRY_INTERVAL, 30L)
                .add(Property.AUTHENTICATION_METHOD, "SCRAM")
                .add(Property.AUTHENTICATION_DATA, Bytes.utf8("topsecret"))
                .add(Property.USER_PROPERTY, new UserProperty("a", "b,c"))
                .build();
        Will will = new Will("w/t", Bytes.utf8("gone"), QoS.AT_MOST_ONCE, true, Properties.NONE);
        Packet connect = new Packet.Connect(
                MqttVersion.V5, true, 60, properties, "dev-1", will, "alice", Bytes.utf8("topsecret"));

        assertThat(packet(connect))
                .isEqualTo("CONNECT(ClientId=dev-1, ProtoName=MQTT, ProtoVsn=5, CleanStart=true, KeepAlive=60, "
                        + "Username=alice, Password=******, Properties=[SessionExpiryInterval=30, "
                        + "AuthenticationMethod=SCRAM, AuthenticationData=******, UserProperty=a:\"b,c\"], "
                        + "Will=(Q0, R1, D0, Topic=w/t, Payload=gone))");
    }

    @Test
    void every_packet_has_its_form() {
        Properties why = Properties.of(Property.REASON_STRING, "too much");
        assertThat(packet(new Packet.ConnAck(true, ReasonCode.SUCCESS, Properties.NONE)))
                .isEqualTo("CONNACK(SessionPresent=1, ReasonCode=0x00 SUCCESS)");
        assertThat(packet(new Packet.PubAck(7, ReasonCode.NO_MATCHING_SUBSCRIBERS)))
                .isEqualTo("PUBACK(PacketId=7, ReasonCode=0x10 NO_MATCHING_SUBSCRIBERS)");
        assertThat(packet(new Packet.PubRec(7, ReasonCode.QUOTA_EXCEEDED, why)))
                .isEqualTo("PUBREC(PacketId=7, ReasonCode=0x97 QUOTA_EXCEEDED, Properties=[ReasonString=too much])");
        assertThat(packet(new Packet.PubRel(7, ReasonCode.SUCCESS)))
                .isEqualTo("PUBREL(PacketId=7, ReasonCode=0x00 SUCCESS)");
        assertThat(packet(new Packet.PubComp(7, ReasonCode.SUCCESS)))
                .isEqualTo("PUBCOMP(PacketId=7, ReasonCode=0x00 SUCCESS)");
        assertThat(packet(new Packet.Subscribe(
                        3,
                        Properties.of(Property.SUBSCRIPTION_IDENTIFIER, 9),
                        List.of(
                                new SubscriptionRequest("a/#", SubscriptionOptions.of(QoS.EXACTLY_ONCE)),
                                new SubscriptionRequest("b,c", new SubscriptionOptions(QoS.of(1), true, true, 2))))))
                .isEqualTo("SUBSCRIBE(PacketId=3, TopicFilters=[a/#(Q2, NL0, RAP0, RH0), \"b,c\"(Q1, NL1, RAP1, RH2)], "
                        + "Properties=[SubscriptionIdentifier=9])");
        assertThat(packet(new Packet.SubAck(3, Properties.NONE, List.of(ReasonCode.GRANTED_QOS_2))))
                .isEqualTo("SUBACK(PacketId=3, ReasonCodes=[0x02 GRANTED_QOS_2])");
        assertThat(packet(new Packet.Unsubscribe(4, Properties.NONE, List.of("a/#", "b"))))
                .isEqualTo("UNSUBSCRIBE(PacketId=4, TopicFilters=[a/#, b])");
        assertThat(packet(new Packet.UnsubAck(4, Properties.NONE, List.of(ReasonCode.SUCCESS))))
                .isEqualTo("UNSUBACK(PacketId=4, ReasonCodes=[0x00 SUCCESS])");
        assertThat(packet(Packet.PingReq.INSTANCE)).isEqualTo("PINGREQ()");
        assertThat(packet(Packet.PingResp.INSTANCE)).isEqualTo("PINGRESP()");
        assertThat(packet(new Packet.Disconnect(ReasonCode.SESSION_TAKEN_OVER)))
                .isEqualTo("DISCONNECT(ReasonCode=0x8E SESSION_TAKEN_OVER)");
        assertThat(packet(new Packet.Auth(
                        ReasonCode.CONTINUE_AUTHENTICATION,
                        Properties.of(Property.AUTHENTICATION_DATA, Bytes.utf8("topsecret")))))
                .isEqualTo("AUTH(ReasonCode=0x18 CONTINUE_AUTHENTICATION, Properties=[AuthenticationData=******])");
    }

    @Test
    void a_payload_is_written_as_the_trace_says() {
        TraceEvent event = TraceEvents.packetReceived(AT, "d", "p:1", publish("t", Bytes.utf8("häuser")));

        assertThat(format("text", "text", 1024).line(event)).endsWith("Payload=häuser)");
        assertThat(format("text", "text", 2).line(event)).endsWith("Payload=h...(7 bytes))");
        assertThat(format("text", "hex", 2).line(event)).endsWith("Payload=68C3...(7 bytes))");
        assertThat(format("text", "hidden", 2).line(event)).endsWith("Payload=hidden(7 bytes))");
        assertThat(format("text", "text", 0).line(event)).endsWith("Payload=\"\"...(7 bytes))");
    }

    @Test
    void a_payload_that_is_not_text_is_written_in_hex() {
        assertThat(packet(publish("t", Bytes.copyOf(new byte[] {1, (byte) 0xFF}))))
                .endsWith("Payload=0x01FF)");
    }

    @Test
    void long_lists_and_strings_are_cut_and_say_so() {
        Packet many = new Packet.Unsubscribe(
                4, Properties.NONE, java.util.Collections.nCopies(70, "x".repeat(PacketFormat.STRING_LIMIT + 5)));

        String text = packet(many);

        assertThat(text)
                .contains("...(5 more characters)")
                .contains(", ...(6 more)]")
                .hasSizeLessThan(80_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x\n2026-11-23T14:05:09.123456Z [SOCKET] victim@1.2.3.4:5 msg: connection_ended, reason: normal",
                "x\r\ny",
                "x\u0085y",
                "x\u2028y",
                "x\u2029y",
                "x\u202Ey",
                "x\u0000y",
                "x\u001B[2Jy",
                "x\uD800y",
                "x\u000By",
                "x, reason: normal",
                "dev msg: forged",
                "x\", \"reason\":\"normal",
                "",
                " ",
                "\\",
                "a@9.9.9.9:1"
            })
    void what_a_client_sends_forges_no_line_and_no_field(String hostile) throws Exception {
        TraceEvent event = new TraceEvent(
                AT,
                TraceEvent.Tag.MQTT,
                TraceEvent.Level.DEBUG,
                "mqtt_packet_received",
                hostile,
                "10.0.0.7:1",
                publish(hostile, Bytes.utf8(hostile)),
                Map.of("username", hostile));

        String text = format("text", "text", 1024).line(event);
        String json = format("json", "text", 1024).line(event);

        assertThat(text.lines()).hasSize(1);
        assertThat(text).doesNotContainPattern("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]");
        assertThat(unquoted(text))
                .startsWith("2026-11-23T14:05:09.123456Z [MQTT] ")
                .containsPattern("^\\S+ \\S+ \\S+ msg: mqtt_packet_received, packet: PUBLISH\\(")
                .doesNotContain(", reason:")
                .doesNotContain("victim");
        assertThat(json).doesNotContainPattern("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]");
        JsonNode meta = new ObjectMapper().readTree(json).get("meta");
        assertThat(meta.get("username").asText()).isEqualTo(hostile);
        assertThat(meta.get("clientid").asText()).isEqualTo(hostile);
        assertThat(meta.has("reason")).isFalse();
    }

    /** The line as a reader sees it who takes a quoted string for one value. */
    private static String unquoted(String line) {
        return line.replaceAll("\"(?:[^\"\\\\]|\\\\.)*\"", "Q");
    }

    @Test
    void a_marker_needs_no_client() {
        TraceEvent event = new TraceEvent(
                AT, TraceEvent.Tag.TRACE, TraceEvent.Level.INFO, "trace_started", "", "", Map.of("node", "n1"));

        assertThat(format("text", "text", 1024).line(event))
                .isEqualTo("2026-11-23T14:05:09.123456Z [TRACE] - msg: trace_started, node: n1");
    }
}
