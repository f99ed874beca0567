package io.nightjar.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a broker's process and its children cost, by /proc. */
final class BrokerProcess {
    private static final double TICKS = 100; // USER_HZ of every Linux this runs on

    private final long pid;

    /** @param pid 0: unknown, all figures are 0 */
    BrokerProcess(long pid) {
        this.pid = pid;
    }

    /** CPU seconds, user and system, since it started. */
    double cpuSeconds() {
        double ticks = 0;
        for (long process : tree()) {
            ticks += ticks(process);
        }
        return ticks / TICKS;
    }

    /** CPU seconds that the machine worked, and that its host did not give it, since it started. */
    record Machine(double busySeconds, double stolenSeconds) {}

    static Machine machine() {
        String[] words = read("/proc/stat").lines().findFirst().orElse("").split(" +");
        if (words.length < 9) {
            return new Machine(0, 0);
        }
        double busy = 0;
        for (int i : new int[] {1, 2, 3, 6, 7}) { // user, nice, system, irq, softirq
            busy += Double.parseDouble(words[i]);
        }
        return new Machine(busy / TICKS, Double.parseDouble(words[8]) / TICKS);
    }

    /** CPU seconds of this generator. */
    static double ownCpuSeconds() {
        return ticks(ProcessHandle.current().pid()) / TICKS;
    }

    private static double ticks(long process) {
        String stat = read("/proc/" + process + "/stat");
        int name = stat.lastIndexOf(')');
        if (name < 0) {
            return 0;
        }
        String[] words = stat.substring(name + 2).split(" ");
        return Double.parseDouble(words[11]) + Double.parseDouble(words[12]);
    }

    /** Resident memory in KiB. */
    long residentKib() {
        long kib = 0;
        for (long process : tree()) {
            for (String line : read("/proc/" + process + "/status").split("\n")) {
                if (line.startsWith("VmRSS:")) {
                    kib += Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        }
        return kib;
    }

    private List<Long> tree() {
        List<Long> all = new ArrayList<>();
        if (pid > 0) {
            all.add(pid);
            ProcessHandle.of(pid).ifPresent(process -> process.descendants().forEach(child -> all.add(child.pid())));
        }
        return all;
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException gone) {
            return "";
        }
    }
}
