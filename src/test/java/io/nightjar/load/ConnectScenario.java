package io.nightjar.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** Many connections: how fast they come, and how fast they come again while the old ones are open. */
final class ConnectScenario implements LoadClient.Listener {
    private static final double PATIENCE_SECONDS = 120;

    private final Options options;
    private final BrokerProcess broker;
    private int dropped;
    private int acknowledged;
    private boolean expectClose;

    ConnectScenario(Options options, BrokerProcess broker) {
        this.options = options;
        this.broker = broker;
    }

    /** Opens {@code clients}, holds them, reports. */
    Report connect(LoadLoop loop) throws IOException {
        int count = options.number("clients", 1000);
        String prefix = options.text("prefix", "load");
        long rss = broker.residentKib();
        Measure measure = new Measure(broker);
        Opener opener = opener(count, (index, listener) -> loop.open(index, prefix + index, true, 0, listener));
        opener.open(loop, PATIENCE_SECONDS);
        Measure.Result took = measure.stop();
        if (options.flag("subscribe")) {
            for (LoadClient client : opener.clients) {
                client.append(loop.packets().subscribe(1, 0, prefix + "/" + client.index + "/cmd"));
                loop.wantsFlush(client);
            }
            loop.run(() -> acknowledged >= opener.connected(), LoadLoop.after(PATIENCE_SECONDS), 1);
        }
        System.err.println("{\"event\": \"connected\", \"connected\": " + opener.connected() + "}");
        System.err.flush();
        hold(loop);
        return common(opener, took)
                .put("connects_per_s", opener.connected() / took.seconds())
                .put("broker_us_per_connect", took.cpuSeconds() * 1e6 / Math.max(1, opener.connected()))
                .put("resident_bytes_per_connection", (broker.residentKib() - rss) * 1024.0 / count)
                .put("dropped", dropped);
    }

    private void hold(LoadLoop loop) throws IOException {
        if (options.flag("hold-until-eof")) {
            loop.run(endOf(System.in)::get, Long.MAX_VALUE / 2 + System.nanoTime(), 100);
        } else {
            loop.run(() -> false, LoadLoop.after(options.number("hold", 0)), 100);
        }
    }

    /** Becomes true when the input ends; asking how much is there would not tell an end from a pause. */
    private static AtomicBoolean endOf(InputStream input) {
        AtomicBoolean over = new AtomicBoolean();
        Thread reader = new Thread(
                () -> {
                    try {
                        input.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        // it is over as well
                    }
                    over.set(true);
                },
                "input");
        reader.setDaemon(true);
        reader.start();
        return over;
    }

    /** Each client connects again with Clean Start 0 while its old connection is open, all at once, some rounds. */
    Report takeover(LoadLoop loop) throws IOException {
        int count = options.number("clients", 1000);
        int rounds = options.number("rounds", 3);
        String prefix = options.text("prefix", "load");
        LoadClient[] old = new LoadClient[0];
        Report report = new Report();
        double seconds = 0;
        double cpu = 0;
        int taken = 0;
        Opener last = null;
        for (int round = 0; round <= rounds; round++) {
            if (options.flag("lose-old")) {
                expectClose = true;
                for (LoadClient client : old) {
                    client.reset();
                }
            }
            expectClose = true;
            Measure measure = new Measure(broker);
            Opener opener = opener(count, (index, listener) -> loop.open(index, prefix + index, false, 3600, listener));
            opener.open(loop, PATIENCE_SECONDS);
            LoadClient[] before = old;
            loop.run(() -> allClosed(before), LoadLoop.after(10), 1);
            Measure.Result took = measure.stop();
            if (round > 0) {
                seconds += took.seconds();
                cpu += took.cpuSeconds();
                taken += opener.connected();
            }
            old = opener.clients;
            last = opener;
        }
        return (last == null ? report : common(last, null))
                .put("rounds", rounds)
                .put("takeover_seconds", seconds / Math.max(1, rounds))
                .put("broker_us_per_takeover", cpu * 1e6 / Math.max(1, taken));
    }

    private static boolean allClosed(LoadClient[] clients) {
        for (LoadClient client : clients) {
            if (!client.isClosed()) {
                return false;
            }
        }
        return true;
    }

    private Opener opener(int count, Opener.Maker maker) {
        return new Opener(0, count, options.number("max-pending", 64), maker, this);
    }

    private static Report common(Opener opener, Measure.Result took) {
        Report report = new Report()
                .put("connected", opener.connected())
                .put("failed", opener.failed())
                .put("connect_p50_ms", opener.latencies.percentile(0.50))
                .put("connect_p99_ms", opener.latencies.percentile(0.99));
        if (took != null) {
            report.put("seconds", took.seconds())
                    .put("broker_cores", took.cpuSeconds() / took.seconds())
                    .put("generator_cores", took.ownCpuSeconds() / took.seconds());
        }
        return report;
    }

    @Override
    public void connected(LoadClient client, int code) {}

    @Override
    public void acknowledged(LoadClient client, int type, int packetId) {
        acknowledged++;
    }

    @Override
    public void message(LoadClient client, ByteBuffer bytes, int payload, int end) {}

    @Override
    public void lost(LoadClient client) {
        dropped += expectClose ? 0 : 1;
    }
}
