package io.nightjar.net;

import io.nightjar.limits.DescriptorPlan;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The file descriptors of this process, one for each connection: who still gets one, by {@link DescriptorPlan}, and what
 * is done when there is none left all the same. A kernel that has no descriptor for a connection leaves it in the accept
 * queue, where its client waits for nothing; so {@link #SPARES} are held, and given up to take those connections and
 * close them. Thread-safe.
 *
 * <pre>
 * state  | event                     | state  | what happens
 * -------+---------------------------+--------+------------------------------------------------------
 * plenty | accept: EMFILE or ENFILE  | short  | spares are given up; all that is accepted is closed
 * short  | accept: EMFILE or ENFILE  | short  | the listener pauses until the next try
 * short  | all spares are back       | plenty | clients are let in again
 * short  | they are not              | short  | those that are back are held, another try follows
 * </pre>
 */
public final class Descriptors {
    /** Held for the time when there are no others. */
    static final int SPARES = 8;

    /** Names of the errors, known beforehand: without a descriptor no class can be loaded. */
    static final String EMFILE = Errno.name(Errno.EMFILE);

    static final String ENFILE = Errno.name(Errno.ENFILE);

    private static final String NOWHERE = "/dev/null";

    /** How a new connection fares. */
    enum Room {
        /** It has a place. */
        FREE,
        /** It is over the limit, and its CONNECT is refused. */
        TOLD,
        /** There are too many even of those: it is closed at once. */
        NONE
    }

    private final long ours;
    private final long reserve;
    private final Counters counters;
    private final AtomicLong open = new AtomicLong();
    private final Deque<Closeable> spares = new ArrayDeque<>();
    private volatile DescriptorPlan plan;

    /** The error number, by name, since when there are too few; null: there are enough. */
    private volatile @Nullable String shortage;

    private Descriptors(long ours, long reserve, DescriptorPlan plan, Counters counters) {
        this.ours = ours;
        this.reserve = reserve;
        this.plan = plan;
        this.counters = counters;
    }

    /**
     * To be called when all but clients is there. Takes the spares.
     *
     * @param soft nofile of this process
     * @param ours how many are open
     * @param reserve how many are kept for everything but MQTT
     */
    public static Descriptors of(long soft, long ours, long reserve, Counters counters) {
        long withSpares = ours + SPARES;
        Descriptors descriptors =
                new Descriptors(withSpares, reserve, DescriptorPlan.of(soft, withSpares, reserve), counters);
        descriptors.recover();
        return descriptors;
    }

    /** Where their number is not known: no limit, and nothing is held. */
    public static Descriptors unlimited(Counters counters) {
        return new Descriptors(0, 0, DescriptorPlan.UNLIMITED, counters);
    }

    /** How they are shared out now. */
    public DescriptorPlan plan() {
        return plan;
    }

    /** An operator may change the limit of a process that runs: {@code prlimit --nofile}. */
    public void soft(long now) {
        if (plan != DescriptorPlan.UNLIMITED && plan.soft() != now) {
            plan = DescriptorPlan.of(now, ours, reserve);
        }
    }

    /** Connections that have one, those to be refused among them. */
    public long open() {
        return open.get();
    }

    // ---- connections

    /** A connection was accepted; {@link #leave} follows when it is closed. */
    Room enter() {
        long now = open.incrementAndGet();
        DescriptorPlan shared = plan;
        if (shortage != null || now > shared.connections() + shared.told()) {
            counters.increment(Counter.CONNECTIONS_REFUSED_NOFILE);
            return Room.NONE;
        } else if (now > shared.connections()) {
            counters.increment(Counter.CONNECTIONS_REFUSED_NOFILE);
            return Room.TOLD;
        }
        return Room.FREE;
    }

    void leave() {
        open.decrementAndGet();
    }

    /** Why one that is not {@link Room#FREE} is refused. */
    DisconnectReason refusal() {
        DescriptorPlan shared = plan;
        String errno = shortage;
        if (errno != null) {
            String limit = errno.equals(ENFILE) ? "fs.file-max" : "nofile=" + shared.soft();
            return DisconnectReason.of(Detail.MAX_CONNECTIONS, "limit", limit, "errno", errno);
        }
        return DisconnectReason.of(
                Detail.MAX_CONNECTIONS,
                "limit",
                "nofile=" + shared.soft(),
                "max_connections",
                Long.toString(shared.connections()),
                "reserved_descriptors",
                Long.toString(shared.reserved()));
    }

    // ---- none left

    /**
     * None was left for a connection that waits.
     *
     * @param errno by name
     * @return whether some were given up, so that accepting goes on
     */
    synchronized boolean exhausted(String errno) {
        counters.increment(Counter.ACCEPTS_FAILED_NOFILE);
        shortage = errno;
        boolean some = !spares.isEmpty();
        close();
        return some;
    }

    /** Tries to get the spares back; true if they all are, and clients are let in again. */
    synchronized boolean recover() {
        try {
            while (spares.size() < SPARES) {
                spares.push(new FileInputStream(NOWHERE));
            }
        } catch (IOException noneLeft) {
            return false;
        }
        shortage = null;
        return true;
    }

    /** Gives up the spares. */
    public synchronized void close() {
        while (!spares.isEmpty()) {
            try {
                spares.pop().close();
            } catch (IOException e) {
                throw new UncheckedIOException("a descriptor that was open cannot be closed", e);
            }
        }
    }
}
