package io.nightjar.limits;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was read of one machine, one JVM and one broker at one instant. What does not exist there or cannot be read is
 * absent, never zero.
 *
 * @param values by name; the names are the constants of this class, and keys of sysctl as they are ({@code
 *     fs.nr_open}); bytes, pages and plain numbers
 * @param listeners in the order of the configuration
 */
public record MachineFigures(Map<String, Long> values, List<ListenerFigures> listeners) {
    public static final String FILES_SOFT = "nofile.soft";
    public static final String FILES_HARD = "nofile.hard";
    public static final String FILES_OPEN = "nofile.open";

    /** Of those, for MQTT connections; absent where no node runs. */
    public static final String FILES_FOR_CONNECTIONS = "nofile.connections";

    /** MQTT connections that have one. */
    public static final String FILES_CONNECTIONS = "nofile.connections.open";

    /** Open files of the whole machine: first number of fs.file-nr. */
    public static final String FILES_MACHINE = "fs.file-nr";

    public static final String CONNTRACK_USED = "net.netfilter.nf_conntrack_count";
    public static final String TASKS_MAX = "pids.max";
    public static final String TASKS_USED = "pids.current";
    public static final String MEMORY_TOTAL = "memory.total";
    public static final String HEAP_MAX = "heap.max";
    public static final String HEAP_USED = "heap.used";
    public static final String DIRECT_MAX = "direct.max";
    public static final String DIRECT_USED = "direct.used";

    /** TCP memory in use, in pages: {@code mem} of /proc/net/sockstat. */
    public static final String TCP_MEMORY_USED = "tcp.mem.used";

    /** High mark of net.ipv4.tcp_mem, in pages. */
    public static final String TCP_MEMORY_HIGH = "tcp.mem.high";

    /** Ports for outgoing connections: width of net.ipv4.ip_local_port_range. */
    public static final String PORTS = "ports";

    /** Connections that the kernel turned away since it started because an accept queue was full. */
    public static final String ACCEPT_OVERFLOWS = "accept.overflows";

    /** SYNs that the kernel dropped since it started because their queue was full. */
    public static final String SYN_OVERFLOWS = "syn.overflows";

    /**
     * @param key of its settings: {@code nightjar.listeners.tcp.default}
     * @param connections open now, or null before it is started
     */
    public record ListenerFigures(
            String id, String key, long backlog, long maxConnections, @Nullable Long connections) {}

    public MachineFigures {
        values = Map.copyOf(values);
        listeners = List.copyOf(listeners);
    }

    /** A figure, or null if it is not known. */
    public @Nullable Long get(String name) {
        return values.get(name);
    }

    /** These figures and more. */
    public MachineFigures with(Map<String, Long> more) {
        Map<String, Long> all = new LinkedHashMap<>(values);
        all.putAll(more);
        return new MachineFigures(all, listeners);
    }
}
