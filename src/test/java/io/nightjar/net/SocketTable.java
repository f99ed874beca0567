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

    /**
     * Whether there is either end of a connection between these ports. One port alone would not tell: a client of another
     * server may have, or have had, the same.
     */
    static boolean knows(int onePort, int otherPort) throws IOException {
        return sockets().anyMatch(socket -> isFrom(socket, onePort, otherPort) || isFrom(socket, otherPort, onePort));
    }

    /** What the kernel waits for on the socket from one port to the other, by its number. */
    static String timer(int localPort, int remotePort) throws IOException {
        Optional<String[]> socket = sockets()
                .filter(fields -> isFrom(fields, localPort, remotePort))
                .findFirst();
        return socket.orElseThrow()[TIMER_FIELD].substring(0, 2);
    }

    private static boolean isFrom(String[] fields, int localPort, int remotePort) {
        return fields[1].endsWith(String.format(":%04X", localPort))
                && fields[2].endsWith(String.format(":%04X", remotePort));
    }

    /** The fields of each. */
    private static Stream<String[]> sockets() throws IOException {
        return Stream.concat(
                        Files.readAllLines(Path.of("/proc/net/tcp6")).stream().skip(1),
                        Files.readAllLines(Path.of("/proc/net/tcp")).stream().skip(1))
                .map(line -> line.trim().split("\\s+"));
    }
}
