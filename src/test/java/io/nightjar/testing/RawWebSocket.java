package io.nightjar.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.net.DecodeException;
import io.nightjar.net.PacketDecoder;
import io.nightjar.net.PacketEncoder;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A blocking WebSocket client made by hand: sends the frames that a test says, also those that no library would send,
 * and answers nothing of its own accord. Use it from one thread.
 */
public final class RawWebSocket implements AutoCloseable {
    public static final int FIN = 0x80;
    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    /** Of the sample in RFC 6455. */
    public static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final int MAX_PACKET_SIZE = 268_435_460;

    /** One frame of the server. */
    public record Frame(boolean last, int opcode, byte[] payload) {
        /** Code of a close frame, 1005 if it has none. */
        public int code() {
            return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xFFFF;
        }

        /** What a close frame says behind its code. */
        public String words() {
            return payload.length < 2 ? "" : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final MqttVersion version;
    private final PacketDecoder decoder;
    private final ByteBuf bytes = Unpooled.buffer();

    private RawWebSocket(Socket socket, MqttVersion version) throws IOException {
        this.socket = socket;
        this.version = version;
        this.decoder = PacketDecoder.forClient(version, MAX_PACKET_SIZE);
        this.in = new DataInputStream(socket.getInputStream());
    }

    /** Opens TCP; sends nothing. */
    public static RawWebSocket tcp(int port) throws IOException {
        return tcp(port, MqttVersion.V5);
    }

    private static RawWebSocket tcp(int port, MqttVersion version) throws IOException {
        Socket socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) RawMqttClient.PATIENCE.toMillis());
        socket.connect(new InetSocketAddress("127.0.0.1", port), (int) RawMqttClient.PATIENCE.toMillis());
        return new RawWebSocket(socket, version);
    }

    /** Over a socket that is connected already, such as one of TLS; sends nothing. */
    public static RawWebSocket over(Socket socket, MqttVersion version) throws IOException {
        return new RawWebSocket(socket, version);
    }

    /** Opens a WebSocket for MQTT 5; sends no packet. */
    public static RawWebSocket open(int port) throws IOException {
        return open(port, MqttVersion.V5);
    }

    public static RawWebSocket open(int port, MqttVersion version) throws IOException {
        return tcp(port, version).upgrade();
    }

    /** Asks for a WebSocket and gets it. */
    public RawWebSocket upgrade() throws IOException {
        sendBytes(ascii(request("/mqtt")));
        String answer = http();
        if (!answer.startsWith("HTTP/1.1 101 ")) {
            throw new AssertionError("not upgraded: " + answer);
        }
        return this;
    }

    /** Opens a WebSocket and an MQTT session on it. */
    public static RawWebSocket connect(int port, String clientId, MqttVersion version) throws IOException {
        return open(port, version).session(clientId);
    }

    /** Opens an MQTT session. */
    public RawWebSocket session(String clientId) throws IOException {
        send(connectPacket(clientId));
        expect(Packet.ConnAck.class);
        return this;
    }

    public static RawWebSocket connect(int port, String clientId) throws IOException {
        return connect(port, clientId, MqttVersion.V5);
    }

    /** A right upgrade request. */
    public static String request(String path, String... more) {
        return "GET " + path
                + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n"
                + (more.length == 0 ? "Sec-WebSocket-Protocol: mqtt\r\n" : String.join("\r\n", more) + "\r\n")
                + "\r\n";
    }

    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    public Packet.Connect connectPacket(String clientId) {
        return new Packet.Connect(version, true, 0, Properties.NONE, clientId, null, null, null);
    }

    // ---- sending

    public void sendBytes(byte[] raw) throws IOException {
        socket.getOutputStream().write(raw);
        socket.getOutputStream().flush();
    }

    /** One masked frame. */
    public void frame(int firstByte, byte[] payload) throws IOException {
        sendBytes(frameBytes(firstByte, payload));
    }

    public static byte[] frameBytes(int firstByte, byte[] payload) {
        return frameBytes(firstByte, payload, 0, payload.length);
    }

    public static byte[] frameBytes(int firstByte, byte[] payload, int from, int length) {
        ByteBuffer out = ByteBuffer.allocate(14 + length).put((byte) firstByte);
        if (length < 126) {
            out.put((byte) (0x80 | length));
        } else if (length <= 0xFFFF) {
            out.put((byte) (0x80 | 126)).putShort((short) length);
        } else {
            out.put((byte) (0x80 | 127)).putLong(length);
        }
        byte[] mask = new byte[4];
        ThreadLocalRandom.current().nextBytes(mask);
        out.put(mask);
        for (int i = 0; i < length; i++) {
            out.put((byte) (payload[from + i] ^ mask[i & 3]));
        }
        byte[] all = new byte[out.position()];
        out.flip().get(all);
        return all;
    }

    /** A packet in one binary frame of its own. */
    public void send(Packet packet) throws IOException {
        frame(FIN | BINARY, encode(packet));
    }

    public byte[] encode(Packet... packets) {
        ByteBuf out = Unpooled.buffer();
        for (Packet packet : packets) {
            PacketEncoder.encode(packet, version, out);
        }
        byte[] encoded = new byte[out.readableBytes()];
        out.readBytes(encoded);
        return encoded;
    }

    public void close(int code, String words) throws IOException {
        byte[] text = words.getBytes(StandardCharsets.UTF_8);
        frame(
                FIN | CLOSE,
                ByteBuffer.allocate(2 + text.length)
                        .putShort((short) code)
                        .put(text)
                        .array());
    }

    // ---- receiving

    /** The head of an HTTP answer and, if it tells its length, the body. */
    public String http() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            head.write(in.readUnsignedByte());
        }
        String text = head.toString(StandardCharsets.US_ASCII);
        int at = text.indexOf("Content-Length: ");
        if (at >= 0) {
            int length = Integer.parseInt(text.substring(at + 16, text.indexOf('\r', at)));
            text += new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }
        return text;
    }

    public Frame receive() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        if ((second & 0x80) != 0) {
            throw new AssertionError("a server's frame must not be masked");
        }
        long length = second == 126 ? in.readUnsignedShort() : second == 127 ? in.readLong() : second;
        return new Frame((first & FIN) != 0, first & 0x0F, in.readNBytes((int) length));
    }

    /** The next packet, from as many binary frames as it takes. */
    public <P extends Packet> P expect(Class<P> type) throws IOException {
        try {
            Packet packet = decoder.decode(bytes);
            while (packet == null) {
                Frame frame = receive();
                if (frame.opcode() != BINARY) {
                    throw new AssertionError("expected " + type.getSimpleName() + ", got opcode " + frame.opcode() + " "
                            + frame.code() + " " + frame.words());
                }
                bytes.discardReadBytes().writeBytes(frame.payload());
                packet = decoder.decode(bytes);
            }
            if (!type.isInstance(packet)) {
                throw new AssertionError("expected " + type.getSimpleName() + ", got " + packet);
            }
            return type.cast(packet);
        } catch (DecodeException e) {
            throw new IllegalStateException("the server sent what the standard forbids: " + e.getMessage(), e);
        }
    }

    /** The close frame that must come next, and behind it the end of the stream. */
    public Frame expectClose() throws IOException {
        Frame frame = receive();
        if (frame.opcode() != CLOSE) {
            throw new AssertionError("expected a close frame, got opcode " + frame.opcode());
        }
        expectEnd();
        return frame;
    }

    public void expectEnd() throws IOException {
        try {
            throw new AssertionError("expected the end of the stream, got byte " + in.readUnsignedByte());
        } catch (EOFException ended) {
            // as it should
        }
    }

    public int localPort() {
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
