package io.nightjar.load;

import java.io.IOException;
import java.util.Arrays;

/** {@code MODE [--option value ...]}: runs one scenario and prints one line of JSON. {@code ops/bench} calls it. */
public final class LoadMain {
    private static final String USAGE =
            """
            MODE [--option value ...]                     prints one line of JSON

              conn      many idle connections             --clients 1000 --subscribe --hold 10 | --hold-until-eof
              takeover  all connect again at once         --clients 1000 --rounds 3 --lose-old
              storm     all connect at the same moment    --clients 1000 --takeover --lose-old --seconds 5 --rate 100
                        while a pair exchanges messages
              p2p       pairs with a topic each           --pairs 100
              fanin     many publishers                   --pubs 100 --subs 1 --shared
              fanout    one topic, many subscribers       --pubs 1 --subs 100

            of p2p, fanin, fanout:
              --qos 0 --payload 64 --window 10 (undelivered messages per publisher)
              --rate N (messages a second of all; then latency counts from when a message was due)
              --exact N --wildcard N (other subscriptions that match nothing)
              --warmup 3 --seconds 10 --drain 3
            of all:
              --host 127.0.0.1 --port 1883 --version 5 (or 4) --sources 8 (loopback addresses to come from)
              --pid PID (of the broker: its CPU time and memory) --label TEXT --prefix load
              --max-pending 64 --keep-alive 60 --user U --password P
            """;

    private LoadMain() {}

    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            System.err.print(USAGE);
            System.exit(64);
        }
        try {
            System.out.println(run(args));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(64);
        } catch (IOException e) {
            System.out.println(new Report().put("error", String.valueOf(e.getMessage())));
            System.exit(2);
        }
    }

    static Report run(String[] args) throws IOException {
        Options options = new Options(args, 1);
        BrokerProcess broker = new BrokerProcess(options.number("pid", 0));
        try (LoadLoop loop = new LoadLoop(options)) {
            Report report =
                    switch (args[0]) {
                        case "conn" -> new ConnectScenario(options, broker).connect(loop);
                        case "takeover" -> new ConnectScenario(options, broker).takeover(loop);
                        case "storm" -> new StormScenario(options, broker).run(loop);
                        case "p2p" -> traffic(options, broker, TrafficScenario.Shape.PAIRS, loop);
                        case "fanin" -> traffic(options, broker, TrafficScenario.Shape.FAN_IN, loop);
                        case "fanout" -> traffic(options, broker, TrafficScenario.Shape.FAN_OUT, loop);
                        default ->
                            throw new IllegalArgumentException(
                                    "there is no mode " + Arrays.toString(new String[] {args[0]}));
                    };
            String label = options.text("label", "");
            return label.isEmpty() ? report : report.put("label", label);
        }
    }

    private static Report traffic(Options options, BrokerProcess broker, TrafficScenario.Shape shape, LoadLoop loop)
            throws IOException {
        return new TrafficScenario(options, broker, shape).run(loop);
    }
}
