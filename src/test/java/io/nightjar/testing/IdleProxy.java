package io.nightjar.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A TCP proxy on a free port of the loopback that closes a connection on which nothing went either way for a time. */
public final class IdleProxy implements AutoCloseable {
    private static final int LOOK_EVERY_MILLIS = 20;

    private final ServerSocket entry;
    private final int target;
    private final long idleNanos;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    /** @param target port on the loopback */
    public IdleProxy(int target, long idleMillis) throws IOException {
        this.target = target;
        this.idleNanos = idleMillis * 1_000_000;
        this.entry = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    public int port() {
        return entry.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        entry.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void accept() {
        try {
            while (!entry.isClosed()) {
                Socket near = entry.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                for (Socket socket : List.of(near, far)) {
                    socket.setSoTimeout(LOOK_EVERY_MILLIS);
                    sockets.add(socket);
                }
                long[] lastNanos = {System.nanoTime()};
                start(() -> copy(near, far, lastNanos));
                start(() -> copy(far, near, lastNanos));
            }
        } catch (IOException closed) {
            // as asked
        }
    }

    private void copy(Socket from, Socket to, long[] lastNanos) {
        byte[] chunk = new byte[16 * 1024];
        try (from;
                to) {
            while (true) {
                try {
                    int length = from.getInputStream().read(chunk);
                    if (length < 0) {
                        return;
                    }
                    synchronized (lastNanos) {
                        lastNanos[0] = System.nanoTime();
                    }
                    to.getOutputStream().write(chunk, 0, length);
                } catch (SocketTimeoutException nothingCame) {
                    synchronized (lastNanos) {
                        if (System.nanoTime() - lastNanos[0] >= idleNanos) {
                            return;
                        }
                    }
                }
            }
        } catch (IOException closed) {
            // one side is gone
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "idle-proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
