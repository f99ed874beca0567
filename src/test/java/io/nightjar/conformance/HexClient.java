package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A client that writes and reads packets as the hex text of all their bytes (see {@link Packets311}): it knows of MQTT no
 * more than the fixed header, answers nothing of its own accord and checks nothing. Use it from one thread.
 */
final class HexClient implements AutoCloseable {
    /** What {@link #next} answers when the server ended the connection. */
    static final String CLOSED = "closed";

    private static final int PATIENCE_MILLIS = 20_000;
    private static final String FENCE = Packets311.unsubscribe(0xFFFF, "fence");
    private static final String BEHIND_FENCE = Packets311.unsuback(0xFFFF);

    private final Socket socket = new Socket();
    private final DataInputStream in;

    /** Opens the transport; sends nothing. */
    HexClient(int port) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Connects; the CONNACK must be this. */
    static HexClient open(int port, Packets311.Connect connect, String connAck) throws IOException {
        HexClient client = new HexClient(port);
        client.send(connect.hex());
        client.expect(connAck);
        return client;
    }

    /** Writes these packets in one go. */
    HexClient send(String... packets) throws IOException {
        socket.getOutputStream()
                .write(HexFormat.of().parseHex(String.join("", packets).replace(" ", "")));
        socket.getOutputStream().flush();
        return this;
    }

    /**
     * The next packet, or {@link #CLOSED}.
     *
     * @throws AssertionError if neither comes in time, or the connection ends within a packet
     */
    String next() throws IOException {
        int first;
        try {
            first = in.read();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing came", e);
        } catch (SocketException e) {
            return CLOSED;
        }
        if (first < 0) {
            return CLOSED;
        }
        try {
            StringBuilder packet = new StringBuilder(HexFormat.of().toHexDigits((byte) first));
            byte[] body = new byte[remainingLength(packet)];
            in.readFully(body);
            return packet.append(HexFormat.of().formatHex(body)).toString();
        } catch (EOFException | SocketException e) {
            throw new AssertionError("the connection ended within a packet", e);
        }
    }

    private int remainingLength(StringBuilder packet) throws IOException {
        int length = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            byte next = in.readByte();
            packet.append(HexFormat.of().toHexDigits(next));
            length |= (next & 0x7F) << shift;
            if (next >= 0) {
                return length;
            }
        }
        throw new AssertionError("a Remaining Length of more than four bytes: " + packet);
    }

    /** The next packets must be these, in this order. */
    HexClient expect(String... packets) throws IOException {
        for (String packet : packets) {
            assertThat(next()).isEqualTo(packet);
        }
        return this;
    }

    /** The server must end the connection and send nothing before. */
    void expectClosed() throws IOException {
        assertThat(next()).isEqualTo(CLOSED);
    }

    /**
     * All packets until everything is there that the server had for this client when it read what we ask now.
     * UNSUBSCRIBE goes the way that messages go: when its answer is there, they are too.
     */
    List<String> all() throws IOException {
        send(FENCE);
        List<String> packets = new ArrayList<>();
        for (String packet = next(); !packet.equals(BEHIND_FENCE); packet = next()) {
            assertThat(packet).as("after %s", packets).isNotEqualTo(CLOSED);
            packets.add(packet);
        }
        return packets;
    }

    /** The server must have nothing for this client, which it has also read everything of then. */
    HexClient expectNothing() throws IOException {
        assertThat(all()).isEmpty();
        return this;
    }

    /** Sends FIN: nothing more will come. */
    void finish() throws IOException {
        socket.shutdownOutput();
    }

    /** Leaves with DISCONNECT and waits until the server closed. */
    void leave() throws IOException {
        send(Packets311.DISCONNECT);
        expectClosed();
        close();
    }

    /** Closes with RST instead of FIN. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Closes with FIN and without DISCONNECT. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
