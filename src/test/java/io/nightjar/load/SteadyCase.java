package io.nightjar.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/** One hardship for a broker, in four steps. What came since counts; the loop's thread alone runs it. */
abstract class SteadyCase implements LoadClient.Listener {
    static final double PATIENCE_SECONDS = 300;

    /** Nothing came for so long: nothing is under way. */
    private static final long QUIET_NANOS = 1_000_000_000L;

    final Options options;
    final LoadLoop loop;
    long received;
    long subscribed;
    long connectionsLost;
    private long lastMessage = System.nanoTime();

    SteadyCase(Options options, LoadLoop loop) {
        this.options = options;
        this.loop = loop;
    }

    /** What it is, with its size. */
    abstract String title();

    /** Before others are listened to. */
    void prepare() throws IOException {}

    /** The hardship, while a pair of bystanders is measured. */
    abstract void act() throws IOException;

    /** Its cause ends; from now on the broker is to recover. */
    void recover() throws IOException {}

    /** Whether nothing is left of it. */
    boolean isDrained() throws IOException {
        return System.nanoTime() - lastMessage >= QUIET_NANOS;
    }

    /** When nothing was left, once {@link #isDrained}. */
    long drainedAt() {
        return lastMessage;
    }

    final double seconds() {
        return options.number("seconds", 10);
    }

    final int payload() {
        return options.number("payload", 256);
    }

    /** Connects clients with ClientIDs of this beginning, or fails. */
    final LoadClient[] connect(String name, int count, boolean clean, long expiry) throws IOException {
        Opener opener = new Opener(
                0,
                count,
                options.number("max-pending", 64),
                (index, listener) -> loop.open(index, "steady-" + name + index, clean, expiry, listener),
                this);
        if (!opener.open(loop, PATIENCE_SECONDS)) {
            throw new IOException(opener.failed() + " of " + count + " connections failed");
        }
        return opener.clients;
    }

    /** Subscribes and waits for the answers. */
    final void subscribe(LoadClient[] clients, int qos, String filter) throws IOException {
        long before = subscribed;
        for (LoadClient client : clients) {
            client.append(loop.packets().subscribe(1, qos, filter));
            loop.wantsFlush(client);
        }
        await(() -> subscribed >= before + clients.length, "subscriptions were not acknowledged");
    }

    final void await(BooleanSupplier done, String otherwise) throws IOException {
        if (!loop.run(done, LoadLoop.after(PATIENCE_SECONDS), 1)) {
            throw new IOException(otherwise + " within " + PATIENCE_SECONDS + " s");
        }
    }

    /** Lets it pass until the time is over or the flood is done. */
    final void run(Flood flood, double seconds) throws IOException {
        loop.run(
                () -> {
                    flood.pump(loop);
                    return flood.isDone();
                },
                LoadLoop.after(seconds),
                1);
    }

    @Override
    public void connected(LoadClient client, int code) {}

    @Override
    public void acknowledged(LoadClient client, int type, int packetId) {
        if (type == 9) {
            subscribed++;
        }
    }

    @Override
    public void message(LoadClient client, ByteBuffer bytes, int payload, int end) {
        received++;
        lastMessage = System.nanoTime();
    }

    @Override
    public void lost(LoadClient client) {
        connectionsLost++;
    }
}
