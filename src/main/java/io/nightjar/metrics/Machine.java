package io.nightjar.metrics;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.nightjar.metrics.Family.Together;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Map;

/** Figures of the JVM and the machine below it. What this system does not tell is absent. */
final class Machine {
    static final List<Family> FAMILIES = List.of(
            gauge("emqx_vm_cpu_use", "CPU in use on the machine, percent", Together.APART),
            gauge("emqx_vm_cpu_idle", "CPU idle on the machine, percent", Together.APART),
            gauge("emqx_vm_total_memory", "Memory of the machine or container, bytes", Together.APART),
            counter("process_cpu_seconds_total", "CPU time that the process took, seconds"),
            gauge("process_start_time_seconds", "When the process started, seconds since 1970", Together.APART),
            gauge("process_open_fds", "Open file descriptors; each connection is one", Together.SUM),
            gauge("process_max_fds", "Most open file descriptors that the system allows", Together.APART),
            gauge("nightjar_jvm_heap_used_bytes", "Heap in use, with what the next collection frees", Together.SUM),
            gauge("nightjar_jvm_heap_committed_bytes", "Heap taken from the system", Together.SUM),
            gauge("nightjar_jvm_heap_max_bytes", "Most heap that the JVM may take", Together.SUM),
            gauge(
                    "nightjar_jvm_direct_memory_bytes",
                    "Direct memory: buffers of sockets and mapped files",
                    Together.SUM),
            gauge("nightjar_jvm_threads", "Threads of the JVM", Together.SUM),
            counter("nightjar_jvm_gc_collections_total", "Collections by collector"),
            counter(
                    "nightjar_jvm_gc_seconds_total",
                    "Time in collections by collector, seconds; of all but the concurrent one, time in pauses"));

    private Machine() {}

    private static Family gauge(String name, String help, Together together) {
        return new Family(name, "", Family.Type.GAUGE, help, together);
    }

    private static Family counter(String name, String help) {
        return new Family(name, "", Family.Type.COUNTER, help, Together.SUM);
    }

    /** @param figures may have {@code direct_memory}, bytes that the JVM does not see */
    static void addTo(List<Sample> samples, Map<String, Object> figures) {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            operatingSystem(samples, system);
        }
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        add(samples, "nightjar_jvm_heap_used_bytes", heap.getUsed());
        add(samples, "nightjar_jvm_heap_committed_bytes", heap.getCommitted());
        add(samples, "nightjar_jvm_heap_max_bytes", heap.getMax());
        long direct = figures.get("direct_memory") instanceof Number number ? Math.max(0, number.longValue()) : 0;
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            direct += Math.max(0, pool.getMemoryUsed());
        }
        add(samples, "nightjar_jvm_direct_memory_bytes", direct);
        add(samples, "nightjar_jvm_threads", ManagementFactory.getThreadMXBean().getThreadCount());
        add(
                samples,
                "process_start_time_seconds",
                ManagementFactory.getRuntimeMXBean().getStartTime() / 1000.0);
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            Map<String, String> labels = Map.of("collector", collector.getName());
            samples.add(Sample.of("nightjar_jvm_gc_collections_total", labels, collector.getCollectionCount()));
            samples.add(new Sample("nightjar_jvm_gc_seconds_total", labels, collector.getCollectionTime() / 1000.0));
        }
    }

    private static void operatingSystem(List<Sample> samples, OperatingSystemMXBean system) {
        double load = system.getCpuLoad();
        if (load >= 0) {
            add(samples, "emqx_vm_cpu_use", Math.round(load * 10_000) / 100.0);
            add(samples, "emqx_vm_cpu_idle", Math.round((1 - load) * 10_000) / 100.0);
        }
        add(samples, "emqx_vm_total_memory", system.getTotalMemorySize());
        add(samples, "process_cpu_seconds_total", system.getProcessCpuTime() / 1e9);
        if (system instanceof UnixOperatingSystemMXBean unix) {
            add(samples, "process_open_fds", OpenFiles.OF_PROCESS.count());
            add(samples, "process_max_fds", unix.getMaxFileDescriptorCount());
        }
    }

    private static void add(List<Sample> samples, String family, long value) {
        add(samples, family, (double) value);
    }

    /** Adds a figure unless it is negative: so these beans say that they do not know. */
    private static void add(List<Sample> samples, String family, double value) {
        if (value >= 0) {
            samples.add(new Sample(family, Map.of(), value));
        }
    }
}
