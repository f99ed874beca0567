package io.nightjar.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The one thread: selects, lets clients read, then writes once for each client that has something to say. */
final class LoadLoop implements AutoCloseable {
    private final Options options;
    private final Selector selector = Selector.open();
    private final ByteBuffer in = ByteBuffer.wrap(new byte[4 << 20]);
    private final List<LoadClient> toFlush = new ArrayList<>();
    private final List<LoadClient> clients = new ArrayList<>();
    private final InetSocketAddress to;
    private final int version;
    private final int sources;
    private final Packets packets;
    private int opened;

    LoadLoop(Options options) throws IOException {
        this.options = options;
        this.to = new InetSocketAddress(options.text("host", "127.0.0.1"), options.number("port", 1883));
        this.version = options.number("version", 5);
        this.packets = new Packets(version);
        this.sources = to.getAddress().isLoopbackAddress() ? options.number("sources", 8) : 0;
    }

    Packets packets() {
        return packets;
    }

    /** Opens a connection; the source addresses take turns, since each has 28,000 ports. */
    LoadClient open(int index, String clientId, boolean clean, long expiry, LoadClient.Listener listener)
            throws IOException {
        String user = options.text("user", "");
        String password = options.text("password", "");
        byte[] connect = packets.connect(
                clientId,
                clean,
                options.number("keep-alive", 60),
                expiry,
                user.isEmpty() ? null : user,
                password.isEmpty() ? null : password);
        LoadClient client = LoadClient.open(selector, index, source(), to, version, packets, connect, listener);
        clients.add(client);
        return client;
    }

    private @Nullable InetSocketAddress source() throws IOException {
        if (sources <= 1) {
            return null;
        }
        byte[] address = {127, 0, 1, (byte) (1 + opened++ % sources)};
        return new InetSocketAddress(InetAddress.getByAddress(address), 0);
    }

    /** The client has something to write at the end of this turn. */
    void wantsFlush(LoadClient client) {
        if (client.queue()) {
            toFlush.add(client);
        }
    }

    /**
     *
     * Turns until {@code done} or the time is over; whether it is done.
     *
     *
     *
     * @param waitMillis longest wait of one turn
     *
     */
    boolean run(BooleanSupplier done, long deadlineNanos, long waitMillis) throws IOException {
        while (!done.getAsBoolean()) {
            if (System.nanoTime() - deadlineNanos >= 0) {
                return false;
            }
            turn(waitMillis);
        }
        return true;
    }

    private void turn(long waitMillis) throws IOException {
        flush();
        if (waitMillis == 0) {
            selector.selectNow(this::ready);
        } else {
            selector.select(this::ready, waitMillis);
        }
        flush();
    }

    private void ready(SelectionKey key) {
        LoadClient client = (LoadClient) key.attachment();
        client.ready(in);
        if (client.pendingAnswers) {
            client.pendingAnswers = false;
            wantsFlush(client);
        }
    }

    private void flush() {
        for (int i = 0; i < toFlush.size(); i++) {
            toFlush.get(i).flush();
        }
        toFlush.clear();
    }

    static long after(double seconds) {
        return System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    }

    @Override
    public void close() throws IOException {
        clients.forEach(client -> {
            if (!client.isClosed()) {
                client.close();
            }
        });
        selector.close();
    }
}
