package io.nightjar.metrics;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Reason;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Everything Nightjar counts on one node. Thread-safe; adding never contends. */
public final class Counters {
    /** What is counted; the name is the one in metrics. */
    public enum Counter {
        CONNECTIONS_ACCEPTED,
        CONNECTIONS_ESTABLISHED,
        SESSIONS_CREATED,
        SESSIONS_RESUMED,
        SESSIONS_EXPIRED,
        BYTES_RECEIVED,
        BYTES_SENT,
        PACKETS_RECEIVED,
        PACKETS_SENT,
        MESSAGES_RECEIVED,
        MESSAGES_SENT,
        MESSAGES_ROUTED,
        MESSAGES_WITHOUT_SUBSCRIBER,
        DROPPED_QUEUE_FULL,
        DROPPED_EXPIRED,
        DROPPED_TOO_LARGE,
        DROPPED_NOT_WRITABLE,
        DROPPED_SESSION_ENDED,
        DROPPED_PEER_QUEUE,
        DROPPED_MAILBOX,
        DENIED_PUBLISH,
        DENIED_SUBSCRIBE,
        AUTH_EXCHANGES_LIMITED,
        REFUSED_SUBSCRIPTIONS_LIMIT,
        RETAINED_REFUSED,
        WILLS_PUBLISHED,
        CLIENT_EVENTS,
        TRACE_EVENTS_DROPPED,
        RECORDER_EVENTS,
        RECORDER_BYTES,
        RECORDER_EVENTS_AGGREGATED,
        RECORDER_EVENTS_LOST,
        PEER_RESENDS,
        ROUTE_SNAPSHOTS,
        BAD_PEER_ITEMS,
        CERTIFICATES_RELOADED,
        CERTIFICATES_REFUSED
    }

    private final EnumMap<Counter, LongAdder> counters = new EnumMap<>(Counter.class);
    private final EnumMap<Detail, LongAdder> ends = new EnumMap<>(Detail.class);

    public Counters() {
        for (Counter counter : Counter.values()) {
            counters.put(counter, new LongAdder());
        }
        for (Detail detail : Detail.values()) {
            ends.put(detail, new LongAdder());
        }
    }

    public void increment(Counter counter) {
        add(counter, 1);
    }

    public void add(Counter counter, long n) {
        LongAdder adder = counters.get(counter);
        if (adder != null) {
            adder.add(n);
        }
    }

    public void ended(Detail detail) {
        LongAdder adder = ends.get(detail);
        if (adder != null) {
            adder.increment();
        }
    }

    public long get(Counter counter) {
        LongAdder adder = counters.get(counter);
        return adder == null ? 0 : adder.sum();
    }

    public long ended(Detail... details) {
        long sum = 0;
        for (Detail detail : details) {
            LongAdder adder = ends.get(detail);
            sum += adder == null ? 0 : adder.sum();
        }
        return sum;
    }

    /** Ends with this reason, whatever the detail. */
    public long ended(Reason reason) {
        long sum = 0;
        for (Map.Entry<Detail, LongAdder> end : ends.entrySet()) {
            sum += end.getKey().reason() == reason ? end.getValue().sum() : 0;
        }
        return sum;
    }

    /** All values by lower-case name, the ends as {@code ended.<reason>.<detail>}. */
    public Map<String, Long> snapshot() {
        Map<String, Long> all = new LinkedHashMap<>();
        counters.forEach((counter, adder) -> all.put(counter.name().toLowerCase(java.util.Locale.ROOT), adder.sum()));
        ends.forEach((detail, adder) -> all.put("ended." + detail.reason().word() + "." + detail.word(), adder.sum()));
        return all;
    }
}
