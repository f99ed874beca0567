package io.nightjar.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.net.DecodeException;
import io.nightjar.net.PacketDecoder;
import io.nightjar.net.PacketEncoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A blocking MQTT client that does what a test says and nothing of its own accord: no Keep Alive, no acknowledgements,
 * no reconnect, no checks of what it sends. For all misbehaviour that proper client libraries refuse. Use it from one
 * thread.
 */
public final class RawMqttClient implements AutoCloseable {
    /** How long the methods without a timeout wait at most. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Ports are used again, those of other listeners sooner than the same one's. */
    private static final Map<Integer, Long> OPENED_AT = new ConcurrentHashMap<>();

    private static final int MAX_PACKET_SIZE = 268_435_460;

    /** What is known of the server's side of the transport. */
    public enum End {
        /** Nothing yet. */
        OPEN,
        /** It closed in order (FIN). */
        EOF,
        /** It reset the connection (RST). */
        RESET
    }

    private final Socket socket;
    private final MqttVersion version;
    private final PacketDecoder decoder;
    private final ByteBuf in = Unpooled.buffer();
    private final byte[] chunk = new byte[64 * 1024];
    private End end = End.OPEN;

    private RawMqttClient(Socket socket, MqttVersion version) {
        this.socket = socket;
        this.version = version;
        this.decoder = PacketDecoder.forClient(version, MAX_PACKET_SIZE);
    }

    /** When the last connection from a local port was opened by {@link #connect}, milliseconds since 1970; else 0. */
    static long openedAtMillis(int localPort) {
        return OPENED_AT.getOrDefault(localPort, 0L);
    }

    /** Opens the transport of an MQTT 5 connection; sends nothing. */
    public static RawMqttClient connect(String host, int port) throws IOException {
        return connect(host, port, MqttVersion.V5);
    }

    /** Opens the transport; sends nothing. */
    public static RawMqttClient connect(String host, int port, MqttVersion version) throws IOException {
        Socket socket = new Socket();
        socket.setTcpNoDelay(true);
        long now = System.currentTimeMillis();
        socket.connect(new InetSocketAddress(host, port), (int) PATIENCE.toMillis());
        OPENED_AT.put(socket.getLocalPort(), now);
        return new RawMqttClient(socket, version);
    }

    /** Over a socket that is connected already, such as one of TLS. */
    public static RawMqttClient over(Socket socket, MqttVersion version) {
        return new RawMqttClient(socket, version);
    }

    /** Sends CONNECT with this ClientID, Keep Alive 0 and nothing else, and waits for the CONNACK. */
    public Packet.ConnAck open(String clientId, boolean cleanStart) throws IOException {
        return open(clientId, cleanStart, Properties.NONE);
    }

    /** Sends CONNECT with this ClientID, these properties and Keep Alive 0, and waits for the CONNACK. */
    public Packet.ConnAck open(String clientId, boolean cleanStart, Properties properties) throws IOException {
        send(new Packet.Connect(version, cleanStart, 0, properties, clientId, null, null, null));
        return expect(Packet.ConnAck.class);
    }

    /** Sends SUBSCRIBE for one filter and waits for the SUBACK. */
    public Packet.SubAck subscribe(int packetId, String filter, QoS qos) throws IOException {
        SubscriptionRequest request = new SubscriptionRequest(filter, SubscriptionOptions.of(qos));
        send(new Packet.Subscribe(packetId, Properties.NONE, List.of(request)));
        return expect(Packet.SubAck.class);
    }

    /** Sends PUBLISH without RETAIN, DUP and properties, and waits for nothing. */
    public void publish(String topic, String payload, QoS qos, int packetId) throws IOException {
        send(new Packet.Publish(topic, Bytes.utf8(payload), qos, false, false, packetId, Properties.NONE));
    }

    public void send(Packet packet) throws IOException {
        sendBytes(bytes(packet));
    }

    /** Sends packets in one segment. */
    public void sendTogether(Packet... packets) throws IOException {
        sendBytes(bytes(packets));
    }

    /** Sends a packet with each byte in a segment of its own. */
    public void sendByteByByte(Packet packet) throws IOException {
        for (byte one : bytes(packet)) {
            sendBytes(new byte[] {one});
        }
    }

    private byte[] bytes(Packet... packets) {
        ByteBuf out = Unpooled.buffer();
        for (Packet packet : packets) {
            PacketEncoder.encode(packet, version, out);
        }
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    public void sendBytes(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** Bytes written as hex, spaces between them or none. */
    public void sendHex(String hex) throws IOException {
        sendBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    /**
     * The next packet, or null if none came in time or the server ended the connection: {@link #end} tells which.
     *
     * @throws IllegalStateException if the server sent what the standard forbids
     */
    public Packet receive(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            Packet packet = decode();
            if (packet != null || end != End.OPEN || !read(deadline)) {
                return packet;
            }
        }
    }

    /** The next packet, which must come within {@link #PATIENCE} and be of this type. */
    public <P extends Packet> P expect(Class<P> type) throws IOException {
        Packet packet = receive(PATIENCE);
        if (!type.isInstance(packet)) {
            throw new AssertionError("expected " + type.getSimpleName() + ", got " + packet + ", transport " + end);
        }
        return type.cast(packet);
    }

    /** Reads and forgets packets until the server ends the connection; {@link End#OPEN} if it does not in time. */
    public End awaitEnd(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        boolean inTime = true;
        while (inTime && end == End.OPEN) {
            in.clear();
            inTime = read(deadline);
        }
        return end;
    }

    /** What was found at the last read. */
    public End end() {
        return end;
    }

    /** Local port, by which the server knows this connection. */
    public int localPort() {
        return socket.getLocalPort();
    }

    /** Sends FIN and goes on reading. */
    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Closes with RST instead of FIN. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Closes with FIN and without DISCONNECT. */
    @Override
    public void close() throws IOException {
        socket.close();
    }

    private Packet decode() {
        try {
            return decoder.decode(in);
        } catch (DecodeException e) {
            throw new IllegalStateException("the server sent what the standard forbids: " + e.getMessage(), e);
        }
    }

    /** Reads once; false if nothing came before the deadline. */
    private boolean read(long deadline) throws IOException {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        if (left <= 0) {
            return false;
        }
        socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
        try {
            int length = socket.getInputStream().read(chunk);
            if (length < 0) {
                end = End.EOF;
            } else {
                in.discardReadBytes().writeBytes(chunk, 0, length);
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (java.net.SocketException e) {
            if (socket.isClosed()) {
                throw e;
            }
            end = End.RESET;
            return true;
        }
    }
}
