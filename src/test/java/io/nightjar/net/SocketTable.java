package io.nightjar.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The TCP sockets of this machine as Linux tells of them. */
final class SocketTable {
    /** It has no timer. */
    static final String NONE = "00";

    /** It has that of TCP's own Keep Alive. */
    static final String KEEP_ALIVE = "02";

    private static final int TIMER_FIELD = 5;

    private SocketTable() {}

    /** Whether any socket has this port, on either side. */
    static boolean knows(int port) throws IOException {
        String hex = String.format(":%04X ", port);
        return lines().anyMatch(line -> line.contains(hex));
    }

    /** What the kernel waits for on the socket from one port to the other, by its number. */
    static String timer(int localPort, int remotePort) throws IOException {
        String local = String.format(":%04X", localPort);
        String remote = String.format(":%04X", remotePort);
        Optional<String[]> socket = lines().map(line -> line.trim().split("\\s+"))
                .filter(fields -> fields[1].endsWith(local) && fields[2].endsWith(remote))
                .findFirst();
        return socket.orElseThrow()[TIMER_FIELD].substring(0, 2);
    }

    private static Stream<String> lines() throws IOException {
        return Stream.concat(
                Files.readAllLines(Path.of("/proc/net/tcp6")).stream().skip(1),
                Files.readAllLines(Path.of("/proc/net/tcp")).stream().skip(1));
    }
}
