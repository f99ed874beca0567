package io.nightjar.topic;

import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What a match costs with many filters: the rows to compare with are a million exact and ten thousand wildcard filters
 * at 2 million matches a second a thread. {@code ops/jmh TrieBenchmark} runs it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
public class TrieBenchmark {
    @Param({"10000", "1000000"})
    int filters;

    private final SubscriptionTrie<String> subscriptions = new SubscriptionTrie<>();
    private final RetainedTrie<String> retained = new RetainedTrie<>(String::length);
    private String[] topics = {};
    private byte[][] topicBytes = {};

    @Setup
    public void fill() {
        topics = new String[filters];
        topicBytes = new byte[filters][];
        for (int i = 0; i < filters; i++) {
            topics[i] = "device/" + i + "/cmd";
            topicBytes[i] = topics[i].getBytes(StandardCharsets.UTF_8);
            subscriptions.add(topics[i], "s" + i, SubscriptionOptions.of(QoS.AT_LEAST_ONCE), 0);
            retained.put(topics[i], topics[i]);
        }
        for (int i = 0; i < filters / 100; i++) {
            subscriptions.add("fleet/" + i + "/#", "s" + i, SubscriptionOptions.of(QoS.AT_LEAST_ONCE), 0);
        }
    }

    @Benchmark
    public void match_exact(Blackhole hole) {
        subscriptions.match(topics[random(filters)], hole::consume);
    }

    /** As a topic comes from the socket: a new string, whose hash is not known and which is no filter's own. */
    @Benchmark
    public void match_exact_of_new_string(Blackhole hole) {
        subscriptions.match(new String(topicBytes[random(filters)], StandardCharsets.UTF_8), hole::consume);
    }

    @Benchmark
    public void match_nothing(Blackhole hole) {
        subscriptions.match("elsewhere/" + random(filters) + "/cmd", hole::consume);
    }

    @Benchmark
    public void match_wildcard(Blackhole hole) {
        subscriptions.match("fleet/" + random(filters / 100) + "/a/b/c", hole::consume);
    }

    @Benchmark
    public Object add_and_remove() {
        String filter = "group/" + random(filters) + "/+";
        subscriptions.add(filter, "s", SubscriptionOptions.of(QoS.AT_LEAST_ONCE), 0);
        return subscriptions.remove(filter, "s");
    }

    @Benchmark
    public Object first_hundred_retained() {
        Iterator<String> all = retained.match("device/+/cmd");
        Object last = all;
        for (int i = 0; i < 100 && all.hasNext(); i++) {
            last = all.next();
        }
        return last;
    }

    @Benchmark
    public Object one_retained() {
        return retained.match(topics[random(filters)]).next();
    }

    private static int random(int bound) {
        return ThreadLocalRandom.current().nextInt(bound);
    }
}
