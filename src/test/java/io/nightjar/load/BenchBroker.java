package io.nightjar.load;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A broker that is measured.
 *
 * @param name a column of the table
 * @param pid of its process on this machine; 0: unknown, nothing is said of its CPU time and memory
 * @param only scenarios that it can do; empty: all
 */
record BenchBroker(String name, String host, int port, long pid, List<BenchScenario> only) {
    private static final Pattern SYNTAX = Pattern.compile("([^=]+)=\\[?([^=@\\]]+)]?:(\\d{1,5})(?:@(\\d{1,10}))?");

    BenchBroker {
        only = List.copyOf(only);
    }

    /**
     * Reads {@code NAME=HOST:PORT[@PID]}.
     *
     * @throws IllegalArgumentException with words for the caller
     */
    static BenchBroker of(String text) {
        Matcher parts = SYNTAX.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    text + " is not NAME=HOST:PORT or NAME=HOST:PORT@PID, as in mosquitto=127.0.0.1:1883@4711");
        }
        int port = Integer.parseInt(parts.group(3));
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("the port of " + text + " is not from 1 to 65535");
        }
        long pid = parts.group(4) == null ? 0 : Long.parseLong(parts.group(4));
        if (pid != 0 && ProcessHandle.of(pid).isEmpty()) {
            throw new IllegalArgumentException("there is no process " + pid + " on this machine, which " + text
                    + " names; leave @" + pid + " out if the broker runs elsewhere");
        }
        return new BenchBroker(parts.group(1), parts.group(2), port, pid, List.of());
    }

    BenchBroker only(List<BenchScenario> scenarios) {
        return new BenchBroker(name, host, port, pid, scenarios);
    }

    boolean does(BenchScenario scenario) {
        return only.isEmpty() || only.contains(scenario);
    }
}
