package io.nightjar.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollSocketChannelConfig;
import io.netty.channel.epoll.EpollTcpInfo;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the operating system knows of a socket, by the names of the evidence. The kernel answers until the socket is
 * closed, also after a FIN or an RST, but an RST empties its send queue first: {@code tcp_unacked} is 0 then, and that
 * data was on the way shows in {@code tcp_last_ack_received_age_ms} being greater than {@code
 * tcp_last_data_sent_age_ms}. Off native epoll only {@code unsent_bytes} is known; the rest is absent, never zero.
 */
final class SocketFigures {
    /** As the kernel numbers them. */
    private static final String[] STATES = {
        "",
        "ESTABLISHED",
        "SYN_SENT",
        "SYN_RECV",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "TIME_WAIT",
        "CLOSE",
        "CLOSE_WAIT",
        "LAST_ACK",
        "LISTEN",
        "CLOSING",
        "NEW_SYN_RECV"
    };

    /** What a kernel's {@code tcp_info} is asked for beside the state, in this order. */
    private static final String[] TCP = {
        "tcp_rtt_us",
        "tcp_rttvar_us",
        "tcp_retransmits",
        "tcp_retransmits_total",
        "tcp_unacked",
        "tcp_lost",
        "tcp_probes",
        "tcp_last_data_sent_age_ms",
        "tcp_last_data_received_age_ms",
        "tcp_last_ack_received_age_ms"
    };

    /** Most the kernel takes, in seconds. */
    private static final int MAX_PROBE_SECONDS = 32_767;

    /** Unanswered probes on which the kernel gives up: never before Keep Alive does. */
    private static final int PROBES = 16;

    private SocketFigures() {}

    /** On the channel's event loop. */
    static Map<String, Object> of(MqttChannel connection) {
        Map<String, Object> figures = new LinkedHashMap<>();
        if (connection.channel instanceof EpollSocketChannel epoll && epoll.isOpen()) {
            try {
                tcp(epoll.tcpInfo(), figures);
            } catch (UncheckedIOException | ChannelException e) {
                figures.clear(); // the socket went in between
            }
        }
        long unsent = connection.outbound.unsentBytes();
        if (unsent >= 0) {
            figures.put("unsent_bytes", unsent);
        }
        return figures;
    }

    private static void tcp(EpollTcpInfo info, Map<String, Object> figures) {
        int state = info.state();
        figures.put("tcp_state", state > 0 && state < STATES.length ? STATES[state] : Integer.toString(state));
        long[] values = {
            info.rtt(),
            info.rttvar(),
            info.retransmits(),
            info.totalRetrans(),
            info.unacked(),
            info.lost(),
            info.probes(),
            info.lastDataSent(),
            info.lastDataRecv(),
            info.lastAckRecv()
        };
        // One put for all: C2 inlines each, 103 KB of machine code where this is 32, and takes 0.5 s for them in a
        // first storm.
        for (int i = 0; i < TCP.length; i++) {
            figures.put(TCP[i], values[i]);
        }
    }

    /**
     * Has the kernel ask the client's host, which was silent for a second and longer, whether it is still there: now,
     * and then every twelfth of Keep Alive. To ask that of it for every connection, overdue or not, would be four calls
     * each and a timer of the kernel that runs as long as the connection is open.
     *
     * @param keepAliveSeconds 0: no more
     */
    static void probe(Channel channel, int keepAliveSeconds) {
        if (!(channel.config() instanceof EpollSocketChannelConfig config)) {
            return;
        }
        try {
            config.setKeepAlive(keepAliveSeconds > 0);
            if (keepAliveSeconds > 0) {
                config.setTcpKeepIntvl(Math.min(Math.max(1, keepAliveSeconds / 12), MAX_PROBE_SECONDS));
                config.setTcpKeepCnt(PROBES);
                config.setTcpKeepIdle(1); // last: the kernel takes the silence until now into account and asks at once
            }
        } catch (ChannelException e) {
            // The socket went in between: its end is told by who reads it.
        }
    }
}
