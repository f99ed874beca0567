package io.nightjar.testing.device;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A port that leads to another one until it is cut, with everything that goes through it. */
public final class Cable implements AutoCloseable {
    private final ServerSocket entry;
    private final int target;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    public Cable(int target) throws IOException {
        this.target = target;
        this.entry = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    public int port() {
        return entry.getLocalPort();
    }

    /** Ends both sides of every connection, without a word, and takes no more. */
    public void cut() throws IOException {
        entry.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        cut();
    }

    private void accept() {
        try {
            while (!entry.isClosed()) {
                Socket near = entry.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.add(near);
                sockets.add(far);
                start(() -> copy(near, far));
                start(() -> copy(far, near));
            }
        } catch (IOException cut) {
            // as asked
        }
    }

    private static void copy(Socket from, Socket to) {
        try (InputStream in = from.getInputStream()) {
            byte[] chunk = new byte[64 * 1024];
            for (int length = in.read(chunk); length > 0; length = in.read(chunk)) {
                to.getOutputStream().write(chunk, 0, length);
            }
            to.close();
        } catch (IOException cut) {
            // as asked
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "cable");
        thread.setDaemon(true);
        thread.start();
    }
}
