package io.nightjar.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * Many clients connect at the same moment, and with {@code --takeover} once more with the same ClientIDs, while a pair of
 * bystanders exchanges messages: when all are in, who was refused, and what the bystanders felt.
 */
final class StormScenario implements LoadClient.Listener {
    private static final double PATIENCE_SECONDS = 120;

    private final Options options;
    private final BrokerProcess broker;
    private final Report report = new Report();
    private Latencies latencies = new Latencies();
    private long begun;
    private int round;
    private int in;
    private int refused;
    private int dropped;
    private boolean[] settled = {};

    StormScenario(Options options, BrokerProcess broker) {
        this.options = options;
        this.broker = broker;
    }

    Report run(LoadLoop loop) throws IOException {
        int count = options.number("clients", 1000);
        try (Bystander bystander = new Bystander(options)) {
            loop.run(() -> false, LoadLoop.after(options.number("warmup", 2)), 50);
            bystander.next();
            loop.run(() -> false, LoadLoop.after(options.number("seconds", 5)), 50);
            felt("before", bystander.next());
            LoadClient[] clients = storm(loop, "storm", count);
            felt("storm_bystander", bystander.next());
            if (options.flag("takeover")) {
                loop.run(() -> false, LoadLoop.after(2), 50);
                for (LoadClient client : options.flag("lose-old") ? clients : new LoadClient[0]) {
                    client.reset();
                }
                loop.run(() -> false, LoadLoop.after(0.02), 1); // a turn gives their descriptors back
                bystander.next();
                storm(loop, "takeover", count);
                felt("takeover_bystander", bystander.next());
            }
            bystander.end();
            report.put("bystander_lost", bystander.lost()).put("bystander_dropped", bystander.connectionsLost());
        }
        return report;
    }

    private void felt(String when, Latencies by) {
        report.put(when + "_p50_ms", by.percentile(0.50))
                .put(when + "_p99_ms", by.percentile(0.99))
                .put(when + "_max_ms", by.largestMillis());
    }

    private LoadClient[] storm(LoadLoop loop, String name, int count) throws IOException {
        round++;
        in = 0;
        refused = 0;
        dropped = 0;
        latencies = new Latencies();
        settled = new boolean[count];
        String prefix = options.text("prefix", "load") + "-storm-";
        LoadClient[] clients = new LoadClient[count];
        Measure measure = new Measure(broker);
        begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            clients[i] = loop.open(round * count + i, prefix + i, false, 60, this);
        }
        report.put(name + "_opened_s", (System.nanoTime() - begun) / 1e9);
        loop.run(() -> in + refused + dropped >= count, LoadLoop.after(PATIENCE_SECONDS), 1);
        Measure.Result took = measure.stop();
        report.put(name + "_seconds", took.seconds())
                .put(name + "_in", in)
                .put(name + "_refused", refused)
                .put(name + "_dropped", dropped)
                .put(name + "_p50_ms", latencies.percentile(0.50))
                .put(name + "_p99_ms", latencies.percentile(0.99))
                .put(name + "_broker_us_each", took.cpuSeconds() * 1e6 / count)
                .put(name + "_broker_cores", took.cpuSeconds() / took.seconds());
        return clients;
    }

    private boolean settle(LoadClient client) {
        int i = client.index - round * settled.length;
        boolean first = i >= 0 && i < settled.length && !settled[i];
        if (first) {
            settled[i] = true;
        }
        return first;
    }

    @Override
    public void connected(LoadClient client, int code) {
        if (!settle(client)) {
            return;
        } else if (code == 0) {
            in++;
            latencies.add(System.nanoTime() - begun);
        } else {
            refused++;
            System.err.println(String.format(Locale.ROOT, "refused 0x%02X", code));
        }
    }

    @Override
    public void acknowledged(LoadClient client, int type, int packetId) {}

    @Override
    public void message(LoadClient client, ByteBuffer bytes, int payload, int end) {}

    @Override
    public void lost(LoadClient client) {
        if (settle(client)) {
            dropped++;
        }
    }
}
