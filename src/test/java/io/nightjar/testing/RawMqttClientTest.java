package io.nightjar.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RawMqttClientTest {
    private ServerSocket listener;
    private RawMqttClient client;
    private Socket server;

    @BeforeEach
    void open() throws IOException {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        client = RawMqttClient.connect(listener.getInetAddress().getHostAddress(), listener.getLocalPort());
        server = listener.accept();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        server.close();
        listener.close();
    }

    @Test
    void sends_a_packet_and_receives_one_that_comes_in_two_parts() throws IOException {
        client.send(new Packet.Disconnect(ReasonCode.SUCCESS));
        assertThat(server.getInputStream().readNBytes(2)).isEqualTo(new byte[] {(byte) 0xE0, 0});

        answer("20 03 00");
        assertThat(client.receive(Duration.ofMillis(50))).isNull();
        assertThat(client.end()).isEqualTo(RawMqttClient.End.OPEN);
        answer("00 00");

        assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.SUCCESS);
    }

    @Test
    void opens_and_subscribes_and_publishes() throws IOException {
        answer("20 03 00 00 00  90 04 00 01 00 01");

        assertThat(client.open("a", true).sessionPresent()).isFalse();
        assertThat(client.subscribe(1, "t", QoS.AT_LEAST_ONCE).codes()).containsExactly(ReasonCode.GRANTED_QOS_1);
        client.publish("t", "x", QoS.AT_MOST_ONCE, 0);

        assertThat(server.getInputStream().readNBytes(16 + 9 + 7)).endsWith(0x30, 0x05, 0, 1, 't', 0, 'x');
    }

    @Test
    void sees_an_orderly_close() throws IOException {
        answer("d0 00");
        server.close();

        assertThat(client.receive(RawMqttClient.PATIENCE)).isEqualTo(Packet.PingResp.INSTANCE);
        assertThat(client.receive(RawMqttClient.PATIENCE)).isNull();
        assertThat(client.end()).isEqualTo(RawMqttClient.End.EOF);
    }

    @Test
    void sees_a_reset() throws IOException {
        server.setSoLinger(true, 0);
        server.close();

        assertThat(client.awaitEnd(RawMqttClient.PATIENCE)).isEqualTo(RawMqttClient.End.RESET);
    }

    @Test
    void resets() throws IOException {
        client.reset();

        assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(IOException.class);
    }

    @Test
    void complains_about_a_server_that_breaks_the_standard() throws IOException {
        answer("c0 00");

        assertThatThrownBy(() -> client.receive(RawMqttClient.PATIENCE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("PINGREQ");
    }

    private void answer(String hex) throws IOException {
        server.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
    }
}
