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
        figures.put("tcp_rtt_us", info.rtt());
        figures.put("tcp_rttvar_us", info.rttvar());
        figures.put("tcp_retransmits", (long) info.retransmits());
        figures.put("tcp_retransmits_total", info.totalRetrans());
        figures.put("tcp_unacked", info.unacked());
        figures.put("tcp_lost", info.lost());
        figures.put("tcp_probes", (long) info.probes());
        figures.put("tcp_last_data_sent_age_ms", info.lastDataSent());
        figures.put("tcp_last_data_received_age_ms", info.lastDataRecv());
        figures.put("tcp_last_ack_received_age_ms", info.lastAckRecv());
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
