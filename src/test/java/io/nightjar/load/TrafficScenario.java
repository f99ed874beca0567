package io.nightjar.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.ToLongFunction;

/**
 * Publishers and subscribers. Each payload begins with 24 bytes: number of the run, publisher, sequence number, time it
 * was due. A publisher has at most {@code window} messages that are not delivered to all their receivers (closed loop),
 * or sends at a rate whatever comes back (open loop).
 */
final class TrafficScenario implements LoadClient.Listener {
    /** Who sends to whom. */
    enum Shape {
        /** A topic and a subscriber for each publisher. */
        PAIRS,
        /** All publishers to all subscribers, or to a shared group of them. */
        FAN_IN,
        /** One topic of each publisher, to all subscribers. */
        FAN_OUT
    }

    private static final int HEADER = 24;
    private static final int FILTERS_IN_ONE = 100;
    private static final long STALL_NANOS = 2_000_000_000L;
    private static final double PATIENCE_SECONDS = 120;

    private final Options options;
    private final BrokerProcess broker;
    private final Shape shape;
    private final int run = ThreadLocalRandom.current().nextInt();
    private final int qos;
    private final int payload;
    private final int window;
    private final int rate;
    private final int publishers;
    private final int subscribers;
    private final int receivers;
    private final boolean shared;
    private final Latencies latencies = new Latencies();

    private final byte[][] packets;
    private final long[] sequence;
    private final long[] undelivered;
    private final long[] lastDelivery;
    private final int[] unacknowledged;
    private final boolean[] ready;
    private final Deque<LoadClient> mayPublish = new ArrayDeque<>();

    /** What came, by subscriber and publisher; of a shared group, whose members share the messages, by publisher. */
    private final Arrivals[][] arrivals;

    private LoadClient[] publishing = new LoadClient[0];
    private int subscribed;
    private long delivered;
    private long measured;
    private long sent;
    private long foreign;
    private long connectionsLost;
    private long stalls;
    private boolean measuring;
    private boolean sending;
    private long rateBegun;

    /** Of the open loop: messages whose time has come. */
    private long due;

    /** Latency counts of messages that were due from here on. */
    private long measureFrom;

    private long measureTo;

    TrafficScenario(Options options, BrokerProcess broker, Shape shape) {
        this.options = options;
        this.broker = broker;
        this.shape = shape;
        this.qos = options.number("qos", 0);
        this.payload = Math.max(HEADER, options.number("payload", 64));
        this.window = options.number("window", 10);
        this.rate = options.number("rate", 0);
        this.shared = options.flag("shared");
        this.publishers = shape == Shape.PAIRS ? options.number("pairs", 100) : options.number("pubs", 1);
        this.subscribers = shape == Shape.PAIRS ? publishers : options.number("subs", 1);
        this.receivers = shape == Shape.PAIRS || shared ? 1 : subscribers;
        this.packets = new byte[publishers][];
        this.sequence = new long[publishers];
        this.undelivered = new long[publishers];
        this.lastDelivery = new long[publishers];
        this.unacknowledged = new int[publishers];
        this.ready = new boolean[publishers];
        this.arrivals = new Arrivals[shared ? 1 : subscribers][shape == Shape.PAIRS ? 1 : publishers];
        for (Arrivals[] ofSubscriber : arrivals) {
            Arrays.setAll(ofSubscriber, publisher -> new Arrivals());
        }
    }

    Report run(LoadLoop loop) throws IOException {
        String prefix = options.text("prefix", "load");
        Opener subscriber = new Opener(
                0,
                subscribers,
                options.number("max-pending", 64),
                (index, listener) -> loop.open(index, prefix + "-s" + index, true, 0, listener),
                this);
        Opener publisher = new Opener(
                subscribers,
                publishers,
                options.number("max-pending", 64),
                (index, listener) -> loop.open(index, prefix + "-p" + (index - subscribers), true, 0, listener),
                this);
        if (!subscriber.open(loop, PATIENCE_SECONDS) || !publisher.open(loop, PATIENCE_SECONDS)) {
            throw new IOException((subscriber.failed() + publisher.failed()) + " connections failed, "
                    + (subscriber.connected() + publisher.connected()) + " opened");
        }
        publishing = publisher.clients;
        subscribe(loop, subscriber.clients, prefix);
        background(loop, prefix);
        for (int i = 0; i < publishers; i++) {
            packets[i] = loop.packets().publish(topic(prefix, i), qos, false, payload);
        }
        return measure(loop);
    }

    private String topic(String prefix, int publisher) {
        return shape == Shape.FAN_OUT && publishers == 1
                ? prefix + "/all"
                : prefix + "/" + shape.ordinal() + "/" + publisher;
    }

    private void subscribe(LoadLoop loop, LoadClient[] clients, String prefix) throws IOException {
        String group = shared ? "$share/load/" : "";
        for (int i = 0; i < clients.length; i++) {
            String filter = shape == Shape.PAIRS
                    ? topic(prefix, i)
                    : publishers == 1 ? topic(prefix, 0) : prefix + "/" + shape.ordinal() + "/+";
            clients[i].append(loop.packets().subscribe(1, qos, group + filter));
            loop.wantsFlush(clients[i]);
        }
        if (!loop.run(() -> subscribed >= clients.length, LoadLoop.after(PATIENCE_SECONDS), 1)) {
            throw new IOException("only " + subscribed + " of " + clients.length + " subscriptions were acknowledged");
        }
    }

    /** Subscriptions that match nothing that is sent, for an index that is full. */
    private void background(LoadLoop loop, String prefix) throws IOException {
        int exact = options.number("exact", 0);
        int wildcard = options.number("wildcard", 0);
        int clients = (exact + wildcard + FILTERS_IN_ONE - 1) / FILTERS_IN_ONE;
        if (clients == 0) {
            return;
        }
        Opener idle = new Opener(
                0,
                clients,
                options.number("max-pending", 64),
                (index, listener) -> loop.open(index, prefix + "-b" + index, true, 0, listener),
                this);
        if (!idle.open(loop, PATIENCE_SECONDS)) {
            throw new IOException(idle.failed() + " connections failed");
        }
        int before = subscribed;
        int made = 0;
        for (LoadClient client : idle.clients) {
            String[] filters = new String[Math.min(FILTERS_IN_ONE, exact + wildcard - made)];
            for (int i = 0; i < filters.length; i++, made++) {
                filters[i] = made < exact
                        ? prefix + "/device/" + made + "/cmd"
                        : prefix + "/fleet/" + (made - exact) + "/+/state/#";
            }
            client.append(loop.packets().subscribe(1, 0, filters));
            loop.wantsFlush(client);
        }
        if (!loop.run(() -> subscribed >= before + clients, LoadLoop.after(PATIENCE_SECONDS), 1)) {
            throw new IOException("the broker did not acknowledge " + (exact + wildcard) + " subscriptions in time");
        }
    }

    private Report measure(LoadLoop loop) throws IOException {
        sending = true;
        rateBegun = System.nanoTime();
        Arrays.fill(lastDelivery, rateBegun);
        for (int i = 0; i < publishers && rate == 0; i++) {
            offer(i);
        }
        long wait = rate > 0 ? 0 : 1;
        double warmup = options.number("warmup", 3);
        double seconds = options.number("seconds", 10);
        loop.run(() -> send(loop), LoadLoop.after(warmup), wait);
        measuring = true;
        measured = 0;
        Measure measure = new Measure(broker);
        measureFrom = System.nanoTime();
        measureTo = LoadLoop.after(seconds);
        loop.run(() -> send(loop), measureTo, wait);
        Measure.Result took = measure.stop();
        measuring = false;
        sending = false;
        long unsent = Math.max(0, due - sent);
        loop.run(() -> delivered >= sent * receivers, LoadLoop.after(options.number("drain", 3)), 1);
        long distinct = sum(Arrivals::distinct);
        return new Report()
                .put("messages_per_s", measured / took.seconds())
                .put("broker_us_per_message", took.cpuSeconds() * 1e6 / Math.max(1, measured))
                .put("latency_p50_ms", latencies.percentile(0.50))
                .put("latency_p99_ms", latencies.percentile(0.99))
                .put("latency_p999_ms", latencies.percentile(0.999))
                .put("latency_max_ms", latencies.largestMillis())
                .put("broker_cores", took.cpuSeconds() / took.seconds())
                .put("generator_cores", took.ownCpuSeconds() / took.seconds())
                .put("other_cores", took.otherCpuSeconds() / took.seconds())
                .put("steal_cores", took.stolenSeconds() / took.seconds())
                .put("sent", sent)
                .put("lost", Math.max(0, sent * receivers - distinct))
                .put("duplicates", sum(Arrivals::duplicates))
                .put("out_of_order", shared ? 0 : sum(Arrivals::overtaken))
                .put("foreign", foreign)
                .put("unsent", unsent)
                .put("stalls", stalls)
                .put("connections_lost", connectionsLost);
    }

    private long sum(ToLongFunction<Arrivals> figure) {
        return Arrays.stream(arrivals).flatMap(Arrays::stream).mapToLong(figure).sum();
    }

    private void offer(int publisher) {
        if (!ready[publisher]) {
            ready[publisher] = true;
            mayPublish.add(publishing[publisher]);
        }
    }

    /** Sends what may be sent; never done by itself. */
    private boolean send(LoadLoop loop) {
        if (rate > 0) {
            long now = (long) ((System.nanoTime() - rateBegun) / 1e9 * rate);
            for (; due < now; due++) {
                offer((int) (due % publishers));
            }
        }
        LoadClient client;
        while ((client = mayPublish.poll()) != null) {
            int publisher = client.index - subscribers;
            ready[publisher] = false;
            while (unacknowledged[publisher] < client.receiveMaximum() && wants(publisher)) {
                long number = publisher + sequence[publisher] * publishers; // of all publishers' messages
                publish(loop, publisher, rate > 0 ? rateBegun + (long) (number * 1e9 / rate) : System.nanoTime());
            }
        }
        if (rate == 0) {
            stalled();
        }
        return false;
    }

    /** Whether a message of this publisher is due, or its window has room. */
    private boolean wants(int publisher) {
        return rate > 0
                ? publisher + sequence[publisher] * publishers < due
                : undelivered[publisher] <= (long) (window - 1) * receivers;
    }

    private long lastStallCheck;

    /** A window that nothing comes back for is opened again; what is missing shows in the counts. */
    private void stalled() {
        long now = System.nanoTime();
        if (now - lastStallCheck < STALL_NANOS / 4) {
            return;
        }
        lastStallCheck = now;
        for (int i = 0; i < publishers; i++) {
            if (undelivered[i] > 0 && now - lastDelivery[i] > STALL_NANOS) {
                undelivered[i] = 0;
                unacknowledged[i] = 0;
                lastDelivery[i] = now;
                stalls++;
                offer(i);
            }
        }
    }

    private void publish(LoadLoop loop, int publisher, long dueNanos) {
        byte[] packet = packets[publisher];
        LoadClient client = publishing[publisher];
        ByteBuffer buffer = ByteBuffer.wrap(packet);
        if (qos > 0) {
            int id = client.nextPacketId;
            client.nextPacketId = id == 0xFFFF ? 1 : id + 1;
            buffer.putShort(loop.packets().packetIdOffset(packet, payload), (short) id);
            unacknowledged[publisher]++;
        }
        int at = packet.length - payload;
        buffer.putInt(at, run);
        buffer.putInt(at + 4, publisher);
        buffer.putLong(at + 8, sequence[publisher]++);
        buffer.putLong(at + 16, dueNanos);
        undelivered[publisher] += receivers;
        sent++;
        client.append(packet);
        loop.wantsFlush(client);
    }

    @Override
    public void connected(LoadClient client, int code) {}

    @Override
    public void acknowledged(LoadClient client, int type, int packetId) {
        if (type == 9) {
            subscribed++;
        } else if (type == 4 || type == 7) {
            int publisher = client.index - subscribers;
            unacknowledged[publisher] = Math.max(0, unacknowledged[publisher] - 1);
            if (sending) {
                offer(publisher);
            }
        }
    }

    @Override
    public void message(LoadClient client, ByteBuffer bytes, int at, int end) {
        if (end - at < HEADER || bytes.getInt(at) != run) {
            foreign++;
            return;
        }
        int publisher = bytes.getInt(at + 4);
        long number = bytes.getLong(at + 8);
        if (!arrivals[shared ? 0 : client.index][shape == Shape.PAIRS ? 0 : publisher].add(number)) {
            return;
        }
        long now = System.nanoTime();
        long wasDue = bytes.getLong(at + 16);
        delivered++;
        undelivered[publisher] = Math.max(0, undelivered[publisher] - 1);
        lastDelivery[publisher] = now;
        if (measuring) {
            measured++;
        }
        if (measureFrom != 0 && wasDue - measureFrom >= 0 && wasDue - measureTo < 0) {
            latencies.add(now - wasDue);
        }
        if (sending && rate == 0) {
            offer(publisher);
        }
    }

    @Override
    public void lost(LoadClient client) {
        connectionsLost++;
    }
}
