package io.nightjar.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code ops/bench} measures, in the order of the table. */
enum BenchScenario {
    P2P_QOS0(Kind.TRAFFIC, "One to one, 1,000 pairs, QoS 0", "p2p --pairs 1000 --qos 0 @"),
    P2P_QOS1(Kind.TRAFFIC, "One to one, 1,000 pairs, QoS 1", "p2p --pairs 1000 --qos 1 @"),
    FANIN(Kind.TRAFFIC, "Fan-in, 500 to each of 5, QoS 0", "fanin --pubs 500 --subs 5 @"),
    FANIN_SHARED(Kind.TRAFFIC, "Fan-in, 500 to a shared group of 5, QoS 0", "fanin --pubs 500 --subs 5 --shared @"),
    FANOUT_QOS0(Kind.TRAFFIC, "Fan-out, 1 to 1,000, QoS 0", "fanout --subs 1000 @"),
    FANOUT_QOS1(Kind.TRAFFIC, "Fan-out, 1 to 1,000, QoS 1", "fanout --subs 1000 --qos 1 @"),
    SUBSCRIPTIONS(
            Kind.TRAFFIC,
            "One to one, QoS 1, beside 100,000 exact and 10,000 wildcard subscriptions",
            "p2p --pairs 1000 --qos 1 --exact 100000 --wildcard 10000 @"),
    LATENCY(Kind.LATENCY, "At 10,000 messages a second, 1,000 pairs, QoS 1", "p2p --pairs 1000 --qos 1 --rate 10000 @"),
    CONNECT(Kind.CONNECT, "Connects a second", "conn --clients 10000"),
    TAKEOVER(Kind.TAKEOVER, "Takeover of 5,000, seconds", "takeover --clients 5000 --rounds 3"),
    IDLE(
            Kind.IDLE,
            "Bytes of an idle connection with a subscription",
            "conn --subscribe --keep-alive 600 --hold-until-eof --clients");

    /** What a JVM needs to have compiled what the scenarios run; about 25 s. */
    static final Map<BenchScenario, String> WARM = Map.of(
            P2P_QOS1, "p2p --pairs 200 --qos 1 --warmup 8 --seconds 1",
            P2P_QOS0, "p2p --pairs 200 --warmup 3 --seconds 1",
            FANIN, "fanin --pubs 50 --subs 5 --warmup 3 --seconds 1",
            FANOUT_QOS0, "fanout --subs 200 --warmup 2 --seconds 1",
            FANOUT_QOS1, "fanout --subs 200 --qos 1 --warmup 2 --seconds 1",
            TAKEOVER, "takeover --clients 2000 --rounds 6",
            CONNECT, "conn --clients 10000");

    /** How a scenario's figures are shown. */
    enum Kind {
        /** As fast as it goes: CPU time of a delivered message, messages a second. */
        TRAFFIC,
        /** At a rate: CPU time of a message, and percentiles. */
        LATENCY,
        CONNECT,
        TAKEOVER,
        IDLE
    }

    private final Kind kind;
    private final String title;
    private final List<String> arguments;

    BenchScenario(Kind kind, String title, String arguments) {
        this.kind = kind;
        this.title = title;
        this.arguments = List.of(arguments.split(" "));
    }

    Kind kind() {
        return kind;
    }

    String title() {
        return title;
    }

    /** As on the command line and in the raw lines. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Arguments of the generator. */
    List<String> arguments(int warmupSeconds, int seconds) {
        List<String> all = new ArrayList<>();
        for (String word : arguments) {
            if (word.equals("@")) {
                all.addAll(
                        List.of("--warmup", Integer.toString(warmupSeconds), "--seconds", Integer.toString(seconds)));
            } else {
                all.add(word);
            }
        }
        return all;
    }

    /** @throws IllegalArgumentException with words for the caller */
    static List<BenchScenario> list(String words) {
        List<BenchScenario> all = new ArrayList<>();
        for (String word : words.split(",")) {
            all.add(Arrays.stream(values())
                    .filter(scenario -> scenario.word().equals(word))
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException("there is no scenario " + word + "; there are " + words())));
        }
        return all;
    }

    static String words() {
        return String.join(",", Arrays.stream(values()).map(BenchScenario::word).toList());
    }
}
