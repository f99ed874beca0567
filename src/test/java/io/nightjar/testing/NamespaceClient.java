package io.nightjar.testing;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of its own for a network namespace: MQTT 3.1.1 clients on plain sockets, with no more on the class path than
 * this class. Arguments: host, port, ClientID (with a number behind it if there are several), how many, Keep Alive in
 * seconds, username, password. Each subscribes at QoS 1 to its ClientID and to {@code all}, acknowledges what comes, and
 * sends PINGREQ four times a second. On standard input: {@code silent} (no more PINGREQ), {@code reset} (closes with RST); its
 * end ends the program. Says what it did on standard output.
 */
public final class NamespaceClient {
    private static final long PING_MILLIS = 250;

    private static volatile boolean silent;

    private NamespaceClient() {}

    public static void main(String[] args) throws IOException {
        int count = Integer.parseInt(args[3]);
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sockets.add(open(args, count == 1 ? args[2] : args[2] + i));
        }
        Thread pinger = new Thread(() -> ping(sockets));
        pinger.setDaemon(true);
        pinger.start();
        System.out.println("ready");
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            if (command.equals("silent")) {
                synchronized (sockets) {
                    silent = true;
                }
            } else if (command.equals("reset")) {
                for (Socket socket : sockets) {
                    socket.setSoLinger(true, 0);
                    socket.close();
                }
            }
            System.out.println(command);
        }
        System.exit(0);
    }

    private static Socket open(String[] args, String clientId) throws IOException {
        Socket socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(args[0], Integer.parseInt(args[1])), 10_000);
        int keepAlive = Integer.parseInt(args[4]);
        byte[] fixed = {0, 4, 'M', 'Q', 'T', 'T', 4, (byte) 0xC2, (byte) (keepAlive >> 8), (byte) keepAlive};
        OutputStream out = socket.getOutputStream();
        out.write(packet(0x10, fixed, text(clientId), text(args[5]), text(args[6])));
        DataInputStream in = new DataInputStream(socket.getInputStream());
        expect(in, 0x20);
        byte[] qos1 = {1};
        out.write(packet(0x82, new byte[] {0, 1}, text(clientId), qos1, text("all"), qos1));
        expect(in, 0x90);
        Thread reader = new Thread(() -> read(in, out));
        reader.setDaemon(true);
        reader.start();
        return socket;
    }

    private static void expect(DataInputStream in, int first) throws IOException {
        int type = in.readUnsignedByte();
        byte[] body = in.readNBytes(in.readUnsignedByte());
        if (type != first || (body[body.length - 1] & 0x80) != 0 || first == 0x20 && body[1] != 0) {
            throw new IOException("refused by packet " + type + " with " + body[body.length - 1]);
        }
    }

    /** Packets up to 127 bytes. */
    private static void read(DataInputStream in, OutputStream out) {
        try {
            while (true) {
                int first = in.readUnsignedByte();
                byte[] body = in.readNBytes(in.readUnsignedByte());
                if (first >> 4 == 3 && (first & 6) == 2) {
                    int id = 2 + ByteBuffer.wrap(body).getShort(0);
                    synchronized (out) {
                        out.write(new byte[] {0x40, 2, body[id], body[id + 1]});
                    }
                }
            }
        } catch (IOException e) {
            // The connection ended.
        }
    }

    private static void ping(List<Socket> sockets) {
        try {
            while (true) {
                synchronized (sockets) {
                    for (Socket socket : sockets) {
                        if (!silent && !socket.isClosed()) {
                            write(socket.getOutputStream());
                        }
                    }
                }
                Thread.sleep(PING_MILLIS);
            }
        } catch (InterruptedException | IOException e) {
            // The program or the connection ended.
        }
    }

    private static void write(OutputStream out) throws IOException {
        synchronized (out) {
            out.write(new byte[] {(byte) 0xC0, 0});
        }
    }

    private static byte[] packet(int first, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer packet = ByteBuffer.allocate(length + 2).put((byte) first).put((byte) length);
        for (byte[] part : parts) {
            packet.put(part);
        }
        return packet.array();
    }

    private static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(bytes.length + 2)
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
    }

    /** One running, as a test sees it. */
    public static final class Running implements AutoCloseable {
        private final Process process;
        private final BufferedReader said;

        Running(List<String> command) {
            try {
                process = new ProcessBuilder(command).redirectErrorStream(true).start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            said = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            await("ready");
        }

        /** Says it and waits until it is done. */
        public void say(String command) throws IOException {
            process.getOutputStream().write((command + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
            await(command);
        }

        private void await(String word) {
            StringBuilder all = new StringBuilder();
            try {
                for (String line = said.readLine(); line != null; line = said.readLine()) {
                    if (line.equals(word)) {
                        return;
                    }
                    all.append(line).append('\n');
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            throw new AssertionError("the client never said " + word + ": " + all);
        }

        /** Stops it where it is: it neither reads nor sends, but its host goes on. */
        public void pause() {
            Suspension.suspend(process);
        }

        /** As {@code kill -9}, and waits until it is gone. */
        public void kill() {
            process.destroyForcibly().onExit().join();
        }

        @Override
        public void close() {
            kill();
        }
    }
}
