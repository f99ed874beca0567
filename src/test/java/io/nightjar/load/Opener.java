package io.nightjar.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/** Opens many connections, a bounded number at a time, and waits for the CONNACK of each. */
final class Opener implements LoadClient.Listener {
    /** Makes the client of an index. */
    interface Maker {
        LoadClient open(int index, LoadClient.Listener listener) throws IOException;
    }

    final Latencies latencies = new Latencies();
    final LoadClient[] clients;
    private final int base;
    private final long[] begunAt;
    private final int maxPending;
    private final Maker maker;
    private final LoadClient.Listener listener;
    private int begun;
    private int connected;
    private int failed;

    /**
     * @param base index of the first client
     * @param listener hears everything besides
     */
    Opener(int base, int count, int maxPending, Maker maker, LoadClient.Listener listener) {
        this.base = base;
        this.clients = new LoadClient[count];
        this.begunAt = new long[count];
        this.maxPending = maxPending;
        this.maker = maker;
        this.listener = listener;
    }

    /** Opens all; whether every one was accepted in time. */
    boolean open(LoadLoop loop, double seconds) throws IOException {
        BooleanSupplier done = () -> {
            more();
            return connected + failed == clients.length;
        };
        return loop.run(done, LoadLoop.after(seconds), 1) && failed == 0;
    }

    private void more() {
        while (begun < clients.length && begun - connected - failed < maxPending) {
            int index = begun++;
            begunAt[index] = System.nanoTime();
            try {
                clients[index] = maker.open(base + index, this);
            } catch (IOException e) {
                failed++;
            }
        }
    }

    int connected() {
        return connected;
    }

    int failed() {
        return failed;
    }

    @Override
    public void connected(LoadClient client, int code) {
        if (code == 0) {
            connected++;
            latencies.add(System.nanoTime() - begunAt[client.index - base]);
        } else {
            failed++;
        }
        listener.connected(client, code);
    }

    @Override
    public void acknowledged(LoadClient client, int type, int packetId) {
        listener.acknowledged(client, type, packetId);
    }

    @Override
    public void message(LoadClient client, ByteBuffer bytes, int payload, int end) {
        listener.message(client, bytes, payload, end);
    }

    @Override
    public void lost(LoadClient client) {
        if (!client.isConnected() && begun > connected + failed) {
            failed++;
        }
        listener.lost(client);
    }
}
