package io.nightjar.metrics;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.Reason;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Everything Nightjar counts on one node. Thread-safe; adding never contends. */
public final class Counters {
    /** Most combinations of cause, side and listener that are counted apart; beyond, the listener is {@link #OTHER}. */
    public static final int ENDS_MAX = 4096;

    /** Listener of ends that came when {@link #ENDS_MAX} combinations were there. */
    public static final String OTHER = "other";

    /** What is counted; the name is the one in metrics. Messages and packets by kind stand beside. */
    public enum Counter {
        CONNECTIONS_ACCEPTED,
        CONNECTIONS_ESTABLISHED,
        /** Refused since all file descriptors that are for connections were taken. */
        CONNECTIONS_REFUSED_NOFILE,
        /** The system had no file descriptor for a connection that waited to be accepted. */
        ACCEPTS_FAILED_NOFILE,
        CLIENTS_DISCONNECTED,
        /** CONNECTs, and ClientHellos, that had to wait to be let in. */
        CONNECTS_DELAYED,
        /** Clients that were read on in a later turn of their event loop, since what they asked kept it long. */
        READS_DEFERRED,
        /** Not let in since a rate was exceeded for too long. */
        CONNECTS_REFUSED_RATE,
        /** Not let in since too many waited, or too long, for others to be done. */
        CONNECTS_REFUSED_BUSY,
        AUTHENTICATIONS_ACCEPTED,
        /** An authenticator had too much to do. */
        AUTHENTICATIONS_REFUSED_BUSY,
        SESSIONS_CREATED,
        SESSIONS_RESUMED,
        SESSIONS_EXPIRED,
        SESSIONS_DISCARDED,
        SESSIONS_ENDED,
        BYTES_RECEIVED,
        BYTES_SENT,
        PACKETS_RECEIVED,
        PACKETS_SENT,
        /** Sum of those by QoS; is not added to. */
        MESSAGES_RECEIVED,
        /** Sum of those by QoS; is not added to. */
        MESSAGES_SENT,
        MESSAGES_ROUTED,
        MESSAGES_WITHOUT_SUBSCRIBER,
        /** Of QoS 1 and 2: PUBACK, or the first PUBREC, of a message that awaited it. */
        MESSAGES_ACKED,
        DROPPED_QUEUE_FULL,
        DROPPED_EXPIRED,
        DROPPED_TOO_LARGE,
        DROPPED_NOT_WRITABLE,
        DROPPED_SESSION_ENDED,
        DROPPED_PEER_QUEUE,
        DROPPED_MAILBOX,
        DENIED_PUBLISH,
        DENIED_SUBSCRIBE,
        /** PUBACK and PUBREC that say so; of MQTT 3, which cannot say so, those that would. */
        PUBLISH_NOT_AUTHORIZED,
        /** SUBSCRIBE packets with a filter that was denied. */
        SUBSCRIBE_NOT_AUTHORIZED,
        CONNACKS_WITH_ERROR,
        CONNACKS_NOT_AUTHORIZED,
        AUTH_EXCHANGES_LIMITED,
        REFUSED_SUBSCRIPTIONS_LIMIT,
        RETAINED_REFUSED,
        WILLS_PUBLISHED,
        CLIENT_EVENTS,
        TRACE_EVENTS_DROPPED,
        TRACE_READERS_REFUSED,
        RECORDER_EVENTS,
        RECORDER_BYTES,
        RECORDER_EVENTS_AGGREGATED,
        RECORDER_EVENTS_LOST,
        RECORDER_LONG_WAITS,
        /** Lines of ends that the log had no room for. */
        LOG_LINES_DROPPED,
        PEER_RESENDS,
        ROUTE_SNAPSHOTS,
        BAD_PEER_ITEMS,
        CERTIFICATES_RELOADED,
        CERTIFICATES_REFUSED,
        LOGIN_FAILURES;

        private final String word = name().toLowerCase(Locale.ROOT);

        /** As metrics and the API spell it. */
        public String word() {
            return word;
        }
    }

    /** What ends of connections are counted by. Few: listeners are configured, the rest are closed lists. */
    public record End(Detail detail, String side, String listener) {}

    private final EnumMap<Counter, LongAdder> counters = new EnumMap<>(Counter.class);
    private final EnumMap<Detail, LongAdder> ends = new EnumMap<>(Detail.class);
    private final Map<End, LongAdder> endsApart = new ConcurrentHashMap<>();
    private final LongAdder[] packetsIn = adders(PacketType.values().length);
    private final LongAdder[] packetsOut = adders(PacketType.values().length);
    private final LongAdder[] messagesIn = adders(QoS.values().length);
    private final LongAdder[] messagesOut = adders(QoS.values().length);

    public Counters() {
        for (Counter counter : Counter.values()) {
            counters.put(counter, new LongAdder());
        }
        for (Detail detail : Detail.values()) {
            ends.put(detail, new LongAdder());
        }
    }

    private static LongAdder[] adders(int count) {
        LongAdder[] adders = new LongAdder[count];
        for (int i = 0; i < count; i++) {
            adders[i] = new LongAdder();
        }
        return adders;
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

    /** A packet came from a client: one addition, of a PUBLISH by its QoS. */
    public void received(Packet packet) {
        count(packet, packetsIn, messagesIn);
    }

    /** A packet goes to a client: one addition, of a PUBLISH by its QoS. */
    public void sent(Packet packet) {
        count(packet, packetsOut, messagesOut);
    }

    private static void count(Packet packet, LongAdder[] packets, LongAdder[] messages) {
        if (packet instanceof Packet.Publish publish) {
            messages[publish.qos().ordinal()].increment();
        } else {
            packets[packet.type().ordinal()].increment();
        }
    }

    /** Packets of one type that came. */
    public long received(PacketType type) {
        return type == PacketType.PUBLISH ? sum(messagesIn) : packetsIn[type.ordinal()].sum();
    }

    /** Packets of one type that went. */
    public long sent(PacketType type) {
        return type == PacketType.PUBLISH ? sum(messagesOut) : packetsOut[type.ordinal()].sum();
    }

    /** PUBLISH packets of one QoS that came. */
    public long received(QoS qos) {
        return messagesIn[qos.ordinal()].sum();
    }

    /** PUBLISH packets of one QoS that went. */
    public long sent(QoS qos) {
        return messagesOut[qos.ordinal()].sum();
    }

    private static long sum(LongAdder[] adders) {
        long sum = 0;
        for (LongAdder adder : adders) {
            sum += adder.sum();
        }
        return sum;
    }

    /** A connection ended. */
    public void ended(Detail detail, String side, String listener) {
        LongAdder total = ends.get(detail);
        if (total != null) {
            total.increment();
        }
        End end = new End(detail, side, listener);
        LongAdder apart = endsApart.get(end);
        if (apart == null) {
            End known = endsApart.size() < ENDS_MAX ? end : new End(detail, side, OTHER);
            apart = endsApart.computeIfAbsent(known, fresh -> new LongAdder());
        }
        apart.increment();
    }

    public long get(Counter counter) {
        return switch (counter) {
            case MESSAGES_RECEIVED -> received(PacketType.PUBLISH);
            case MESSAGES_SENT -> sent(PacketType.PUBLISH);
            default -> {
                LongAdder adder = counters.get(counter);
                yield adder == null ? 0 : adder.sum();
            }
        };
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

    /** Ends by cause, side and listener; only what occurred. */
    public Map<End, Long> ends() {
        Map<End, Long> all = new LinkedHashMap<>();
        endsApart.forEach((end, adder) -> all.put(end, adder.sum()));
        return all;
    }
}
