package io.nightjar.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a broker holds now, in bytes.
 *
 * @param resident of its process tree
 * @param heap live after a collection, null if the process is no JVM that answers jcmd
 * @param slab of the kernel, of the whole machine: sockets and what belongs to them
 */
record IdleMemory(long resident, @Nullable Long heap, long slab) {
    static IdleMemory of(long pid) throws IOException, InterruptedException {
        Long heap = jcmd(pid, "GC.run") == null ? null : live(pid);
        long slab = 0;
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            slab = line.startsWith("Slab:") ? Long.parseLong(line.replaceAll("\\D", "")) * 1024 : slab;
        }
        return new IdleMemory(new BrokerProcess(pid).residentKib() * 1024, heap, slab);
    }

    /** Bytes of each of {@code connections} that came since. Both ends of each are in this kernel; one counts. */
    Report since(IdleMemory before, int connections) {
        double n = Math.max(1, connections);
        Report report = new Report().put("resident_bytes", Math.round((resident - before.resident) / n));
        if (heap != null && before.heap != null) {
            report.put("heap_bytes", Math.round((heap - before.heap) / n));
        }
        return report.put("kernel_bytes", Math.round((slab - before.slab) / n / 2));
    }

    private static @Nullable Long live(long pid) throws IOException, InterruptedException {
        String histogram = jcmd(pid, "GC.class_histogram"); // of what is live: it collects before it counts
        return histogram == null ? null : total(histogram);
    }

    /** The bytes in the last line of a class histogram. */
    static @Nullable Long total(String histogram) {
        for (String line : histogram.split("\n")) {
            if (line.startsWith("Total")) {
                return Long.parseLong(line.trim().split("\\s+")[2]);
            }
        }
        return null;
    }

    private static @Nullable String jcmd(long pid, String command) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd)) {
            return null;
        }
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), command)
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? text : null;
    }
}
