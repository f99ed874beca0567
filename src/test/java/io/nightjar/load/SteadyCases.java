package io.nightjar.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The hardships of {@code ops/steady}. */
final class SteadyCases {
    /** Makes one. */
    interface Maker {
        SteadyCase make(Options options, LoadLoop loop, @Nullable BrokerFigures figures);
    }

    /** By the word of the command line, in the order of the table. */
    static final Map<String, Maker> ALL = new LinkedHashMap<>();

    static {
        ALL.put("never_reads_qos0", (options, loop, figures) -> new NeverReads(options, loop, 0));
        ALL.put("never_reads_qos1", (options, loop, figures) -> new NeverReads(options, loop, 1));
        ALL.put("too_fast", (options, loop, figures) -> new TooFast(options, loop));
        ALL.put("fanout_qos0", (options, loop, figures) -> new FanOut(options, loop, 0));
        ALL.put("fanout_qos1", (options, loop, figures) -> new FanOut(options, loop, 1));
        ALL.put("retained", (options, loop, figures) -> new Retained(options, loop));
        ALL.put("subscribe_storm", SubscribeStorm::new);
        ALL.put("offline_flood", (options, loop, figures) -> new OfflineFlood(options, loop));
    }

    private SteadyCases() {}

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static LoadClient[] one(LoadClient client) {
        return new LoadClient[] {client};
    }

    /** Publishers send as fast as they are let to one subscriber that never reads; then it does. */
    private static final class NeverReads extends SteadyCase {
        private final int qos;
        private final int publishers;
        private LoadClient @Nullable [] readers;
        private @Nullable Flood flood;

        NeverReads(Options options, LoadLoop loop, int qos) {
            super(options, loop);
            this.qos = qos;
            this.publishers = options.number("pubs", 10);
        }

        @Override
        String title() {
            int rate = options.number("load-rate", 0);
            return text(
                    "A subscriber that never reads: QoS %d, %d publishers, %s, %d bytes each, %.0f s",
                    qos, publishers, rate == 0 ? "unbridled" : text("%,d a second", rate), payload(), seconds());
        }

        @Override
        void prepare() throws IOException {
            LoadClient[] deaf = connect("reader", 1, true, 0);
            readers = deaf;
            subscribe(deaf, qos, "steady/deaf");
            deaf[0].deaf(true);
        }

        @Override
        void act() throws IOException {
            LoadClient[] clients = connect("publisher", publishers, true, 0);
            byte[][] packets = new byte[publishers][];
            java.util.Arrays.setAll(packets, i -> loop.packets().publish("steady/deaf", qos, false, payload()));
            Flood made = new Flood(clients, packets, qos, payload(), options.number("load-rate", 0), Long.MAX_VALUE);
            flood = made;
            run(made, seconds());
            flood = null;
        }

        @Override
        void recover() {
            for (LoadClient reader : readers == null ? new LoadClient[0] : readers) {
                reader.deaf(false);
            }
        }

        @Override
        public void acknowledged(LoadClient client, int type, int packetId) {
            super.acknowledged(client, type, packetId);
            if (type == 4 && flood != null) {
                flood.acknowledged(client.index);
            }
        }
    }

    /** One publisher sends ten times what its one subscriber takes. */
    private static final class TooFast extends SteadyCase {
        private static final int SLICES = 20;

        private final int takes;
        private LoadClient @Nullable [] readers;
        private long slice;
        private long inSlice;
        private boolean slow = true;

        TooFast(Options options, LoadLoop loop) {
            super(options, loop);
            this.takes = options.number("take-rate", 2000);
        }

        @Override
        String title() {
            return text(
                    "A publisher ten times too fast: QoS 0, %,d a second, %d bytes each, its subscriber takes %,d, %.0f s",
                    10 * takes, payload(), takes, seconds());
        }

        @Override
        void prepare() throws IOException {
            LoadClient[] one = connect("reader", 1, true, 0);
            readers = one;
            one[0].receiveBuffer(32 * 1024);
            subscribe(one, 0, "steady/fast");
        }

        @Override
        void act() throws IOException {
            LoadClient publisher = connect("publisher", 1, true, 0)[0];
            byte[] packet = loop.packets().publish("steady/fast", 0, false, payload());
            Flood flood = new Flood(one(publisher), new byte[][] {packet}, 0, payload(), 10.0 * takes, Long.MAX_VALUE);
            loop.run(
                    () -> {
                        flood.pump(loop);
                        newSlice();
                        return false;
                    },
                    LoadLoop.after(seconds()),
                    1);
        }

        private void newSlice() {
            long now = System.nanoTime() / (1_000_000_000L / SLICES);
            if (now != slice && readers != null) {
                slice = now;
                inSlice = 0;
                readers[0].deaf(false);
            }
        }

        @Override
        public void message(LoadClient client, ByteBuffer bytes, int payload, int end) {
            super.message(client, bytes, payload, end);
            if (slow && ++inSlice >= takes / SLICES) {
                client.deaf(true);
            }
        }

        @Override
        void recover() {
            slow = false;
            if (readers != null) {
                readers[0].deaf(false);
            }
        }
    }

    /** One message to very many, the next when all have it. */
    private static final class FanOut extends SteadyCase {
        private final int qos;
        private final int subscribers;
        private @Nullable Flood flood;
        private long rounds;

        FanOut(Options options, LoadLoop loop, int qos) {
            super(options, loop);
            this.qos = qos;
            this.subscribers = options.number("subs", 15_000);
        }

        @Override
        String title() {
            return text("Fan-out 1 to %,d: QoS %d, one message after the other, %.0f s", subscribers, qos, seconds());
        }

        @Override
        void prepare() throws IOException {
            subscribe(connect("reader", subscribers, true, 0), qos, "steady/all");
        }

        @Override
        void act() throws IOException {
            LoadClient[] publisher = connect("publisher", 1, true, 0);
            byte[][] packets = {loop.packets().publish("steady/all", qos, false, 64)};
            long end = LoadLoop.after(seconds());
            while (System.nanoTime() < end) {
                Flood one = new Flood(publisher, packets, qos, 64, 0, 1);
                flood = one;
                rounds++;
                loop.run(
                        () -> {
                            one.pump(loop);
                            return received >= rounds * subscribers && one.isDone();
                        },
                        LoadLoop.after(30),
                        1);
            }
        }

        @Override
        public void acknowledged(LoadClient client, int type, int packetId) {
            super.acknowledged(client, type, packetId);
            if (type == 4 && flood != null) {
                flood.acknowledged(0);
            }
        }
    }

    /** Very many retained messages are there; one client asks for all of them. */
    private static final class Retained extends SteadyCase {
        private static final int PUBLISHERS = 4;

        private final int count;
        private final int qos;
        private @Nullable Flood flood;

        Retained(Options options, LoadLoop loop) {
            super(options, loop);
            this.count = options.number("messages", 1_000_000);
            this.qos = options.number("qos", 0);
        }

        @Override
        String title() {
            return text("%,d retained messages to one client that asks for all: QoS %d", count, qos);
        }

        @Override
        void prepare() throws IOException {
            LoadClient[] clients = connect("publisher", PUBLISHERS, true, 0);
            for (int from = 0; from < count; from += 10_000) {
                for (int i = from; i < Math.min(count, from + 10_000); i++) {
                    LoadClient client = clients[i % PUBLISHERS];
                    String topic = "steady/retained/" + i / 1000 + "/" + i % 1000;
                    client.append(loop.packets().publish(topic, 0, true, 64));
                    loop.wantsFlush(client);
                }
                await(() -> clients[0].unsent() + clients[1].unsent() < 100_000, "nobody took retained messages");
            }
            Flood last = new Flood(
                    clients,
                    new byte[][] {publish(0), publish(1), publish(2), publish(3)},
                    1,
                    8,
                    0,
                    PUBLISHERS); // acknowledged behind all before
            flood = last;
            run(last, PATIENCE_SECONDS);
            flood = null;
        }

        private byte[] publish(int i) {
            return loop.packets().publish("steady/last/" + i, 1, false, 8);
        }

        @Override
        void act() throws IOException {
            LoadClient[] reader = connect("reader", 1, true, 0);
            subscribe(reader, qos, "steady/retained/#");
            await(() -> received >= count, "retained messages did not all come: " + received);
        }

        @Override
        public void acknowledged(LoadClient client, int type, int packetId) {
            super.acknowledged(client, type, packetId);
            if (type == 4 && flood != null) {
                flood.acknowledged(client.index);
            }
        }
    }

    /** Very many distinct filters at once; then their clients vanish, all at once. */
    private static final class SubscribeStorm extends SteadyCase {
        private static final int IN_ONE = 100;

        private final int filters;
        private final @Nullable BrokerFigures figures;
        private LoadClient[] clients;
        private double topicsBefore;
        private long looked;
        private long gone;

        SubscribeStorm(Options options, LoadLoop loop, @Nullable BrokerFigures figures) {
            super(options, loop);
            this.filters = options.number("filters", 1_000_000);
            this.figures = figures;
            this.clients = new LoadClient[options.number("clients", 1000)];
        }

        @Override
        String title() {
            return text(
                    "A storm of %,d subscriptions to as many filters, from %,d clients; then these vanish",
                    filters, clients.length);
        }

        @Override
        void prepare() throws IOException {
            topicsBefore = topics();
            clients = connect("storm", clients.length, true, 0);
        }

        @Override
        void act() throws IOException {
            int each = filters / clients.length;
            long packets = 0;
            for (int i = 0; i < clients.length; i++) {
                for (int from = 0; from < each; from += IN_ONE) {
                    String[] some = new String[Math.min(IN_ONE, each - from)];
                    for (int n = 0; n < some.length; n++) {
                        int number = from + n;
                        String state = number % 10 == 9 ? "/+/state" : "/engine/state";
                        some[n] = "steady/storm/" + i + "/" + number + state;
                    }
                    clients[i].append(loop.packets().subscribe(1 + from / IN_ONE, 1, some));
                    packets++;
                }
                loop.wantsFlush(clients[i]);
            }
            long wanted = packets;
            await(() -> subscribed >= wanted, "subscriptions were not acknowledged");
        }

        @Override
        void recover() {
            for (LoadClient client : clients) {
                client.reset();
            }
        }

        @Override
        boolean isDrained() throws IOException {
            if (System.nanoTime() - looked < 100_000_000L) {
                return false;
            }
            looked = System.nanoTime();
            gone = looked;
            return figures == null || topics() <= topicsBefore + 10;
        }

        @Override
        long drainedAt() {
            return gone;
        }

        private double topics() throws IOException {
            return figures == null ? 0 : figures.now().getOrDefault("emqx_topics_count", 0.0);
        }
    }

    /** QoS 1 messages to very many sessions whose clients are away; then all come back at once. */
    private static final class OfflineFlood extends SteadyCase {
        private static final int EXPIRY_SECONDS = 600;

        private final int sessions;
        private final int messages;
        private @Nullable Flood flood;

        OfflineFlood(Options options, LoadLoop loop) {
            super(options, loop);
            this.sessions = options.number("clients", 1000);
            this.messages = options.number("messages", 2000);
        }

        @Override
        String title() {
            return text(
                    "%,d messages of QoS 1 and %d bytes to each of %,d sessions whose clients are away; then all come back",
                    messages, payload(), sessions);
        }

        @Override
        void prepare() throws IOException {
            LoadClient[] clients = connect("away", sessions, false, EXPIRY_SECONDS);
            subscribe(clients, 1, "steady/away");
            for (LoadClient client : clients) {
                client.close();
            }
        }

        @Override
        void act() throws IOException {
            LoadClient[] publisher = connect("publisher", 1, true, 0);
            byte[][] packet = {loop.packets().publish("steady/away", 1, false, payload())};
            Flood made = new Flood(publisher, packet, 1, payload(), options.number("load-rate", 0), messages);
            flood = made;
            run(made, PATIENCE_SECONDS);
            flood = null;
        }

        @Override
        void recover() throws IOException {
            for (int i = 0; i < sessions; i++) {
                loop.open(i, "steady-away" + i, false, EXPIRY_SECONDS, this);
            }
        }

        @Override
        public void acknowledged(LoadClient client, int type, int packetId) {
            super.acknowledged(client, type, packetId);
            if (type == 4 && flood != null) {
                flood.acknowledged(0);
            }
        }
    }
}
