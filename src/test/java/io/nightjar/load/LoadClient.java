package io.nightjar.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One MQTT connection of the load. Only the loop's thread touches it. */
final class LoadClient {
    /** What a scenario hears of its clients. */
    interface Listener {
        /** @param code Reason Code of CONNACK */
        void connected(LoadClient client, int code);

        /** A SUBACK, PUBACK, PUBREC, PUBCOMP or UNSUBACK. */
        void acknowledged(LoadClient client, int type, int packetId);

        /** A PUBLISH; its payload stands in {@code bytes} from {@code payload} to {@code end}. */
        void message(LoadClient client, ByteBuffer bytes, int payload, int end);

        /** It is closed, and was not asked to be. */
        void lost(LoadClient client);
    }

    private static final int PUBLISH = 3;
    private static final int KEEP = 4096;

    final int index;
    final Packets packets;
    private final int version;
    private final Listener listener;
    private final SocketChannel channel;
    private final SelectionKey key;

    /** What could not be written, or is collected for one write a turn. */
    private byte[] out = new byte[256];

    private int outStart;
    private int outEnd;

    /** Bytes of a packet that is not whole. */
    private byte @Nullable [] partial;

    private int receiveMaximum = 0xFFFF;
    private boolean connected;
    private boolean closed;
    private boolean queued;
    private boolean deaf;
    int nextPacketId = 1;

    private LoadClient(
            int index, int version, Packets packets, Listener listener, SocketChannel channel, SelectionKey key) {
        this.index = index;
        this.version = version;
        this.packets = packets;
        this.listener = listener;
        this.channel = channel;
        this.key = key;
        key.attach(this);
    }

    /** Begins to connect; {@code connect} goes out as soon as the socket is open. */
    static LoadClient open(
            Selector selector,
            int index,
            @Nullable InetSocketAddress from,
            InetSocketAddress to,
            int version,
            Packets packets,
            byte[] connect,
            Listener listener)
            throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (from != null) {
            channel.bind(from);
        }
        boolean done = channel.connect(to);
        SelectionKey key = channel.register(selector, done ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT);
        LoadClient client = new LoadClient(index, version, packets, listener, channel, key);
        client.append(connect);
        return client;
    }

    boolean isConnected() {
        return connected && !closed;
    }

    /** Most QoS 1 and 2 messages that the broker takes unacknowledged [5.0/3.2.2.3.3]; 65,535 where it does not say. */
    int receiveMaximum() {
        return receiveMaximum;
    }

    boolean isClosed() {
        return closed;
    }

    /** Bytes that wait to be written. */
    int unsent() {
        return outEnd - outStart;
    }

    /** Adds a packet to what goes out with the next {@link #flush}. */
    void append(byte[] packet) {
        append(packet, packet.length);
    }

    private void append(byte[] bytes, int length) {
        room(length);
        System.arraycopy(bytes, 0, out, outEnd, length);
        outEnd += length;
    }

    private void room(int length) {
        if (outEnd + length > out.length) {
            int held = outEnd - outStart;
            byte[] to = held + length > out.length ? new byte[Math.max(out.length * 2, held + length)] : out;
            System.arraycopy(out, outStart, to, 0, held);
            out = to;
            outStart = 0;
            outEnd = held;
        }
    }

    /** Whether this is the first time since the last flush that it has something to write. */
    boolean queue() {
        boolean first = !queued;
        queued = true;
        return first;
    }

    /** Writes what is collected; the rest when the socket takes more. */
    void flush() {
        queued = false;
        if (closed || outStart == outEnd || !channel.isConnected()) {
            return;
        }
        try {
            ByteBuffer buffer = ByteBuffer.wrap(out, outStart, outEnd - outStart);
            channel.write(buffer);
            outStart = buffer.position();
            if (outStart == outEnd) {
                outStart = 0;
                outEnd = 0;
                if (out.length > 4 * KEEP) {
                    out = new byte[KEEP];
                }
                interest(SelectionKey.OP_READ);
            } else {
                interest(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            }
        } catch (IOException e) {
            close();
            listener.lost(this);
        }
    }

    private void interest(int asked) {
        int ops = deaf ? asked & ~SelectionKey.OP_READ : asked;
        if (key.isValid() && key.interestOps() != ops) {
            key.interestOps(ops);
        }
    }

    /** Reads no more from its socket until it is told to, while it goes on writing. */
    void deaf(boolean stop) {
        if (deaf != stop) {
            deaf = stop;
            interest(unsent() > 0 ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }
    }

    /** What the kernel holds for it unread; the system rounds it. */
    void receiveBuffer(int bytes) throws IOException {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, bytes);
    }

    /** The selector says that something can be done. */
    void ready(ByteBuffer in) {
        try {
            if (key.isConnectable() && channel.finishConnect()) {
                flush();
            } else if (key.isValid() && key.isWritable()) {
                flush();
            }
            if (key.isValid() && key.isReadable()) {
                read(in);
            }
        } catch (IOException e) {
            if (!closed) {
                close();
                listener.lost(this);
            }
        }
    }

    private void read(ByteBuffer in) throws IOException {
        in.clear();
        byte[] before = partial;
        if (before != null) {
            in.put(before);
            partial = null;
        }
        int n = channel.read(in);
        if (n < 0) {
            close();
            listener.lost(this);
            return;
        }
        in.flip();
        int at = 0;
        int end = in.limit();
        while (!closed) {
            int next = packet(in, at, end);
            if (next < 0) {
                break;
            }
            at = next;
        }
        if (at < end && !closed) {
            partial = Arrays.copyOfRange(in.array(), at, end);
        }
    }

    /** Hands on the packet at {@code at}; where it ended, or -1 if it is not whole. */
    private int packet(ByteBuffer in, int at, int end) {
        int length = 0;
        int shift = 0;
        int body = at + 1;
        while (true) {
            if (body >= end) {
                return -1;
            }
            int digit = in.get(body++);
            length |= (digit & 0x7F) << shift;
            shift += 7;
            if (digit >= 0) {
                break;
            }
        }
        if (body + length > end) {
            return -1;
        }
        int first = in.get(at) & 0xFF;
        int type = first >>> 4;
        if (type == PUBLISH) {
            publish(in, first, body, body + length);
        } else if (type == 2) {
            connected = in.get(body + 1) == 0;
            if (version == 5) {
                receiveMaximum = ConnackProperties.receiveMaximum(in, body + 2);
            }
            listener.connected(this, in.get(body + 1) & 0xFF);
        } else if (type == 6) {
            answer(0x70, number(in, body)); // PUBREL is answered with PUBCOMP
        } else if (type >= 4 && type <= 11) {
            if (type == 5) {
                answer(0x62, number(in, body));
            }
            listener.acknowledged(this, type, number(in, body));
        }
        return body + length;
    }

    private void publish(ByteBuffer in, int first, int body, int end) {
        int qos = first >>> 1 & 3;
        int at = body + 2 + number(in, body);
        int packetId = 0;
        if (qos > 0) {
            packetId = number(in, at);
            at += 2;
        }
        if (version == 5) {
            int properties = 0;
            int shift = 0;
            int digit;
            do {
                digit = in.get(at++);
                properties |= (digit & 0x7F) << shift;
                shift += 7;
            } while (digit < 0);
            at += properties;
        }
        listener.message(this, in, at, end);
        if (qos > 0) {
            answer(qos == 1 ? 0x40 : 0x50, packetId);
        }
    }

    /** An acknowledgement of two bytes: PUBACK 0x40, PUBREC 0x50, PUBREL 0x62, PUBCOMP 0x70. */
    private void answer(int first, int packetId) {
        room(4);
        out[outEnd++] = (byte) first;
        out[outEnd++] = 2;
        out[outEnd++] = (byte) (packetId >>> 8);
        out[outEnd++] = (byte) packetId;
        pendingAnswers = true;
    }

    /** Whether acknowledgements wait for the end of this turn. */
    boolean pendingAnswers;

    private static int number(ByteBuffer in, int at) {
        return (in.get(at) & 0xFF) << 8 | in.get(at + 1) & 0xFF;
    }

    /** Closes with a FIN; nothing is heard of it any more. */
    void close() {
        closed = true;
        key.cancel();
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Closes with a RST, as a client does that lost its power and came back. */
    void reset() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException gone) {
            closed = true;
        }
        close();
    }
}
