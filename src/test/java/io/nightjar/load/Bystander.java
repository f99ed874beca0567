package io.nightjar.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A pair of clients that exchange messages at a fixed rate on a thread of their own while something happens to the broker:
 * what others feel of it. Latency counts from when a message was due.
 */
final class Bystander implements LoadClient.Listener, AutoCloseable {
    private static final int PAYLOAD = 8;

    private final Options options;
    private final int rate;
    private final Thread thread = new Thread(this::run, "bystander");
    private Latencies latencies = new Latencies();
    private boolean subscribed;
    private volatile boolean ended;
    private volatile boolean ready;
    private volatile @Nullable IOException fault;
    private int connected;
    private long sent;
    private long received;
    private long connectionsLost;

    /** Connects, and sends from then on. */
    Bystander(Options options) throws IOException {
        this.options = options;
        this.rate = options.number("rate", 100);
        thread.setPriority(Thread.MAX_PRIORITY);
        thread.start();
        while (!ready && thread.isAlive()) {
            Thread.onSpinWait();
        }
        IOException failed = fault;
        if (failed != null) {
            throw failed;
        }
    }

    private void run() {
        try (LoadLoop loop = new LoadLoop(options)) {
            String topic = options.text("prefix", "load") + "/bystander";
            LoadClient reader = loop.open(0, "bystander-reader", true, 0, this);
            LoadClient writer = loop.open(1, "bystander-writer", true, 0, this);
            loop.run(() -> connected == 2, LoadLoop.after(30), 1);
            reader.append(loop.packets().subscribe(1, 0, topic));
            loop.wantsFlush(reader);
            if (!loop.run(() -> subscribed, LoadLoop.after(30), 1)) {
                throw new IOException("the bystanders could not connect and subscribe");
            }
            byte[] packet = loop.packets().publish(topic, 0, false, PAYLOAD);
            long begun = System.nanoTime();
            ready = true;
            while (!ended) {
                long due = begun + (long) (sent * 1e9 / rate);
                if (System.nanoTime() >= due) {
                    ByteBuffer.wrap(packet).putLong(packet.length - PAYLOAD, due);
                    writer.append(packet);
                    loop.wantsFlush(writer);
                    sent++;
                }
                loop.run(() -> ended, begun + (long) (sent * 1e9 / rate), 1);
            }
            loop.run(() -> received == sent, LoadLoop.after(options.number("drain", 3)), 1);
        } catch (IOException e) {
            fault = e;
        }
    }

    /** What was measured since the last call; from now on anew. */
    synchronized Latencies next() {
        Latencies was = latencies;
        latencies = new Latencies();
        return was;
    }

    /** Messages that never came, once it is closed. */
    long lost() {
        return sent - received;
    }

    long connectionsLost() {
        return connectionsLost;
    }

    @Override
    public void connected(LoadClient client, int code) {
        connected++;
    }

    @Override
    public void acknowledged(LoadClient client, int type, int packetId) {
        subscribed = true;
    }

    @Override
    public synchronized void message(LoadClient client, ByteBuffer bytes, int payload, int end) {
        received++;
        latencies.add(System.nanoTime() - bytes.getLong(payload));
    }

    @Override
    public void lost(LoadClient client) {
        connectionsLost++;
    }

    @Override
    public void close() {
        end();
    }

    /** Sends no more, and waits a while for what is under way. */
    void end() {
        ended = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
