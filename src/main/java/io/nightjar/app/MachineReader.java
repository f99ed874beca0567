package io.nightjar.app;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import io.nightjar.limits.MachineFigures;
import io.nightjar.limits.MachineFigures.ListenerFigures;
import io.nightjar.metrics.OpenFiles;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads what bounds connections from Linux ({@code /proc}, {@code /sys/fs/cgroup}) and from this JVM. What is not there is
 * left out; nothing here fails. A read takes some files of a few hundred bytes, whatever the number of connections.
 */
final class MachineReader {
    private static final List<String> SYSCTLS = List.of(
            "fs.nr_open",
            "fs.file-max",
            "net.core.somaxconn",
            "net.core.netdev_max_backlog",
            "net.ipv4.tcp_max_syn_backlog",
            "net.netfilter.nf_conntrack_max",
            "net.netfilter.nf_conntrack_count");

    private final Path root;
    private final LongSupplier openFiles;

    /**
     * @param root what stands for {@code /}: a test has its own
     * @param openFiles descriptors of this process; negative if that is not known
     */
    MachineReader(Path root, LongSupplier openFiles) {
        this.root = root;
        this.openFiles = openFiles;
    }

    MachineReader() {
        this(Path.of("/"), OpenFiles.OF_PROCESS::count);
    }

    MachineFigures read(List<ListenerFigures> listeners) {
        Map<String, Long> figures = new LinkedHashMap<>();
        for (String name : SYSCTLS) {
            put(figures, name, number(words("proc/sys/" + name.replace('.', '/')), 0));
        }
        files(figures);
        network(figures);
        cgroup(figures);
        java(figures);
        return new MachineFigures(figures, listeners);
    }

    private void files(Map<String, Long> figures) {
        for (String line : lines("proc/self/limits")) {
            if (line.startsWith("Max open files")) {
                String[] words =
                        line.substring("Max open files".length()).trim().split("\\s+");
                put(figures, MachineFigures.FILES_SOFT, number(words, 0));
                put(figures, MachineFigures.FILES_HARD, number(words, 1));
            }
        }
        long open = openFiles.getAsLong();
        put(figures, MachineFigures.FILES_OPEN, open < 0 ? null : (Long) open);
        put(figures, MachineFigures.FILES_MACHINE, number(words("proc/sys/fs/file-nr"), 0));
    }

    private void network(Map<String, Long> figures) {
        put(figures, MachineFigures.TCP_MEMORY_HIGH, number(words("proc/sys/net/ipv4/tcp_mem"), 2));
        for (String line : lines("proc/net/sockstat")) {
            String[] words = line.split("\\s+");
            for (int i = 1; words[0].equals("TCP:") && i + 1 < words.length; i += 2) {
                if (words[i].equals("mem")) {
                    put(figures, MachineFigures.TCP_MEMORY_USED, number(words, i + 1));
                }
            }
        }
        String[] range = words("proc/sys/net/ipv4/ip_local_port_range");
        Long first = number(range, 0);
        Long last = number(range, 1);
        put(figures, MachineFigures.PORTS, first == null || last == null ? null : (Long) (last - first + 1));
        Map<String, Long> counters = netstat();
        put(figures, MachineFigures.ACCEPT_OVERFLOWS, counters.get("ListenOverflows"));
        put(figures, MachineFigures.SYN_OVERFLOWS, counters.get("TCPReqQFullDrop"));
    }

    /** A line of names, then one of values behind the same first word. */
    private Map<String, Long> netstat() {
        Map<String, Long> counters = new LinkedHashMap<>();
        List<String> lines = lines("proc/net/netstat");
        for (int i = 0; i + 1 < lines.size(); i += 2) {
            String[] names = lines.get(i).split("\\s+");
            String[] values = lines.get(i + 1).split("\\s+");
            for (int j = 1; j < names.length && names[0].equals("TcpExt:"); j++) {
                put(counters, names[j], number(values, j));
            }
        }
        return counters;
    }

    private void cgroup(Map<String, Long> figures) {
        put(figures, MachineFigures.TASKS_MAX, number(words("sys/fs/cgroup/pids.max"), 0));
        put(figures, MachineFigures.TASKS_USED, number(words("sys/fs/cgroup/pids.current"), 0));
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            put(figures, MachineFigures.MEMORY_TOTAL, system.getTotalMemorySize()); // of the container, if in one
        }
    }

    private static void java(Map<String, Long> figures) {
        long heap = Runtime.getRuntime().maxMemory();
        figures.put(MachineFigures.HEAP_MAX, heap);
        figures.put(MachineFigures.HEAP_USED, oldGeneration());
        HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long direct = vm == null
                ? 0
                : Long.parseLong(vm.getVMOption("MaxDirectMemorySize").getValue());
        figures.put(MachineFigures.DIRECT_MAX, direct == 0 ? heap : direct);
    }

    /** What is kept: what was allocated since the last collection says nothing, for it may all be garbage. */
    private static long oldGeneration() {
        long used = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP && !pool.getName().contains("Eden")) {
                used += pool.getUsage().getUsed();
            }
        }
        return used;
    }

    private String[] words(String file) {
        List<String> lines = lines(file);
        return lines.isEmpty() ? new String[0] : lines.get(0).trim().split("\\s+");
    }

    private List<String> lines(String file) {
        try {
            return Files.readAllLines(root.resolve(file));
        } catch (IOException notThere) {
            return List.of();
        }
    }

    /** {@code unlimited} and {@code max} are the largest number there is. */
    private static @Nullable Long number(String[] words, int index) {
        if (index >= words.length) {
            return null;
        } else if (words[index].equals("unlimited") || words[index].equals("max")) {
            return Long.MAX_VALUE;
        }
        try {
            return Long.parseLong(words[index]);
        } catch (NumberFormatException e) {
            return words[index].matches("\\d+") ? (Long) Long.MAX_VALUE : null; // fs.file-max may have 20 digits
        }
    }

    private static void put(Map<String, Long> figures, String name, @Nullable Long value) {
        if (value != null) {
            figures.put(name, value);
        }
    }
}
