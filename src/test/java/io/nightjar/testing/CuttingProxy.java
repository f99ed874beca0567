package io.nightjar.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Carries TCP connections to a port of this machine and closes in order each that was idle for so long. */
public final class CuttingProxy implements AutoCloseable {
    private static final int POLL_MILLIS = 20;

    private final ServerSocket server;
    private final int to;
    private final long idleNanos;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();

    public CuttingProxy(int to, Duration idle) throws IOException {
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.to = to;
        this.idleNanos = idle.toNanos();
        start("proxy-accept", this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                Socket broker = new Socket(InetAddress.getLoopbackAddress(), to);
                sockets.add(client);
                sockets.add(broker);
                long[] last = {System.nanoTime()};
                start("proxy-in", () -> copy(client, broker, last));
                start("proxy-out", () -> copy(broker, client, last));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void copy(Socket from, Socket into, long[] last) {
        byte[] chunk = new byte[8192];
        try (from;
                into) {
            from.setSoTimeout(POLL_MILLIS);
            InputStream in = from.getInputStream();
            OutputStream out = into.getOutputStream();
            while (true) {
                int length = read(in, chunk);
                synchronized (last) {
                    if (length > 0) {
                        last[0] = System.nanoTime();
                    } else if (length < 0 || System.nanoTime() - last[0] > idleNanos) {
                        return;
                    }
                }
                out.write(chunk, 0, length);
            }
        } catch (IOException e) {
            // The other direction closed it.
        }
    }

    private static int read(InputStream in, byte[] chunk) throws IOException {
        try {
            return in.read(chunk);
        } catch (SocketTimeoutException e) {
            return 0;
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
