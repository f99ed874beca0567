package io.nightjar.limits;

import io.nightjar.limits.MachineFigures.ListenerFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What each limit must be for a number of connections. Pure. How each need is counted:
 *
 * <pre>
 * limit                            | needed for N connections
 * ---------------------------------+-------------------------------------------------------------------------------
 * nofile (soft, hard), fs.nr_open  | one descriptor each, and {@link #OTHER_FILES} for everything else
 * nofile (connections)             | one descriptor each, of those that {@link DescriptorPlan} has for them
 * fs.file-max                      | the same, and what the machine has open besides
 * somaxconn, backlog of listeners  | a 32nd of them at once in a storm of reconnects, at most 32,768: the smaller of the
 *                                  | two counts, so both must be raised
 * tcp_max_syn_backlog, netdev_max_ | half of that
 * tcp_mem (high)                   | a page in flight for every fourth connection: beyond it the kernel drops packets
 * nf_conntrack_max                 | one entry each and a quarter more, if the machine tracks connections at all: exactly
 *                                  | N would leave no room for anything beside the clients
 * max-connections of the listeners | N in all
 * heap                             | {@link #HEAP_BYTES} each, a third more for the collector, {@link #HEAP_BASE}
 * memory                           | heap, {@link #KERNEL_BYTES} each for sockets, {@link #NATIVE_BASE}
 * pids.max                         | the threads of one JVM, whatever N
 * </pre>
 */
public final class Limits {
    /** Listeners, logs, traces, cluster, HTTP and jars. */
    public static final long OTHER_FILES = 6_000;

    /** Heap of one idle MQTT connection with a session and one subscription, in bytes. */
    public static final long HEAP_BYTES = 3_584;

    /** Heap of a node without connections, with room to work. */
    public static final long HEAP_BASE = 512L << 20;

    /** Kernel memory and the JVM's own tables for one idle connection, in bytes. */
    public static final long KERNEL_BYTES = 5_120;

    /** The JVM beside its heap: code, metaspace, direct buffers. */
    public static final long NATIVE_BASE = 1_536L << 20;

    private static final long DIRECT_NEEDED = 256L << 20;
    private static final long TASKS = 1_024;
    private static final long LARGEST_BACKLOG = 32_768;
    private static final long SMALLEST_BACKLOG = 128;

    private Limits() {}

    /**
     * All limits, those of the operating system first.
     *
     * @param connections the target, at least 1
     */
    public static List<Limit> check(long connections, MachineFigures figures) {
        List<Limit> limits = new ArrayList<>();
        files(limits, connections, figures);
        queues(limits, connections, figures);
        memory(limits, connections, figures);
        listeners(limits, connections, figures);
        return List.copyOf(limits);
    }

    private static void files(List<Limit> limits, long connections, MachineFigures figures) {
        long files = connections + OTHER_FILES;
        Long open = figures.get(MachineFigures.FILES_OPEN);
        String units = "in the systemd unit: LimitNOFILE=" + roundUp(files) + " (in a shell, as root: ulimit -n "
                + roundUp(files) + ")";
        limits.add(Limit.of(
                "nofile (soft)",
                "descriptors of this process: one a connection",
                figures.get(MachineFigures.FILES_SOFT),
                files,
                open,
                "",
                units));
        limits.add(Limit.of(
                "nofile (hard)",
                "how far this process may raise its own soft limit",
                figures.get(MachineFigures.FILES_HARD),
                files,
                null,
                "",
                units));
        if (figures.get(MachineFigures.FILES_FOR_CONNECTIONS) != null) {
            limits.add(Limit.of(
                    "nofile (connections)",
                    "descriptors for MQTT connections: nofile without what the node has open itself and what is kept"
                            + " (nightjar.reserved-descriptors)",
                    figures.get(MachineFigures.FILES_FOR_CONNECTIONS),
                    connections,
                    figures.get(MachineFigures.FILES_CONNECTIONS),
                    "",
                    units));
        }
        limits.add(sysctl(figures, "fs.nr_open", "the highest nofile that any process may get", files, null, ""));
        Long machine = figures.get(MachineFigures.FILES_MACHINE);
        long others = machine == null ? 0 : Math.max(0, machine - (open == null ? 0 : open));
        limits.add(sysctl(figures, "fs.file-max", "descriptors of the whole machine", files + others, machine, ""));
        if (figures.get(MachineFigures.TASKS_MAX) != null) {
            limits.add(Limit.of(
                    "pids.max",
                    "threads of this service (TasksMax)",
                    figures.get(MachineFigures.TASKS_MAX),
                    TASKS,
                    figures.get(MachineFigures.TASKS_USED),
                    "",
                    "in the systemd unit: TasksMax=" + 4 * TASKS));
        }
    }

    private static void queues(List<Limit> limits, long connections, MachineFigures figures) {
        long backlog = backlog(connections);
        limits.add(sysctl(
                figures,
                "net.core.somaxconn",
                "connections that wait to be accepted, per listener",
                backlog,
                null,
                ""));
        limits.add(sysctl(
                figures,
                "net.ipv4.tcp_max_syn_backlog",
                "handshakes that are not finished, per listener",
                backlog / 2,
                null,
                ""));
        limits.add(sysctl(
                figures,
                "net.core.netdev_max_backlog",
                "packets that wait for a core, per core",
                Math.max(1000, backlog / 2),
                null,
                ""));
        if (figures.get("net.netfilter.nf_conntrack_max") != null) {
            limits.add(sysctl(
                    figures,
                    "net.netfilter.nf_conntrack_max",
                    "connections that the firewall can remember; packets of others are dropped",
                    connections + connections / 4 + 16_384,
                    figures.get(MachineFigures.CONNTRACK_USED),
                    ""));
        }
    }

    private static void memory(List<Limit> limits, long connections, MachineFigures figures) {
        long pages = Math.max(16_384, connections / 4);
        limits.add(Limit.of(
                "net.ipv4.tcp_mem (high)",
                "memory for TCP data in flight; above it packets are dropped",
                figures.get(MachineFigures.TCP_MEMORY_HIGH),
                pages,
                figures.get(MachineFigures.TCP_MEMORY_USED),
                "pages",
                "sysctl -w net.ipv4.tcp_mem=\"" + pages / 2 + " " + pages * 3 / 4 + " " + roundUp(pages) + "\""));
        long heap = heap(connections);
        limits.add(Limit.of(
                "heap",
                "memory of the JVM for connections and sessions",
                figures.get(MachineFigures.HEAP_MAX),
                heap,
                figures.get(MachineFigures.HEAP_USED),
                "bytes",
                "NIGHTJAR_HEAP=" + mebibytes(heap) + "m ops/nightjar start"));
        limits.add(Limit.of(
                "direct memory",
                "buffers of the JVM for what is being read and written",
                figures.get(MachineFigures.DIRECT_MAX),
                DIRECT_NEEDED,
                figures.get(MachineFigures.DIRECT_USED),
                "bytes",
                "NIGHTJAR_JAVA_OPTS=-XX:MaxDirectMemorySize=" + mebibytes(DIRECT_NEEDED) + "m ops/nightjar start"));
        Long configured = figures.get(MachineFigures.HEAP_MAX);
        long whole = Math.max(heap, configured == null ? 0 : Math.min(configured, heap * 2))
                + connections * KERNEL_BYTES
                + NATIVE_BASE;
        limits.add(Limit.of(
                "memory",
                "heap, sockets in the kernel and the JVM itself",
                figures.get(MachineFigures.MEMORY_TOTAL),
                whole,
                null,
                "bytes",
                "a machine, or a container limit, with " + mebibytes(whole) + " MiB of memory"));
    }

    private static void listeners(List<Limit> limits, long connections, MachineFigures figures) {
        long backlog = backlog(connections);
        long all = 0;
        Long open = figures.listeners().isEmpty() ? null : (Long) 0L;
        for (ListenerFigures listener : figures.listeners()) {
            limits.add(Limit.of(
                    "backlog of " + listener.id(),
                    "connections that wait to be accepted; net.core.somaxconn caps it",
                    listener.backlog(),
                    backlog,
                    null,
                    "",
                    listener.key() + ".backlog = " + backlog));
            all += listener.maxConnections();
            open = open == null || listener.connections() == null ? null : (Long) (open + listener.connections());
        }
        String key = figures.listeners().isEmpty()
                ? "nightjar.listeners.tcp.default"
                : figures.listeners().get(0).key();
        limits.add(Limit.of(
                "max-connections",
                "connections that the listeners take, all together",
                all,
                connections,
                open,
                "",
                key + ".max-connections = " + connections));
    }

    /** Connections that may wait at once in a storm of reconnects. */
    private static long backlog(long connections) {
        return Math.min(LARGEST_BACKLOG, Math.max(SMALLEST_BACKLOG, roundUp(connections / 32)));
    }

    /** Heap in bytes that so many connections need. */
    static long heap(long connections) {
        return HEAP_BASE + connections * HEAP_BYTES * 4 / 3;
    }

    private static Limit sysctl(
            MachineFigures figures, String name, String bounds, long needed, @Nullable Long used, String unit) {
        long value = roundUp(needed);
        return Limit.of(name, bounds, figures.get(name), needed, used, unit, "sysctl -w " + name + "=" + value);
    }

    /** The next power of two. */
    private static long roundUp(long n) {
        long high = Long.highestOneBit(Math.max(1, n));
        return high == n ? n : high << 1;
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%d", (bytes + (1 << 20) - 1) >> 20);
    }
}
