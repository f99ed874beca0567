package io.nightjar.net;

import io.netty.channel.unix.Errors;
import io.netty.handler.codec.DecoderException;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;

/** What an exception on a channel means. */
final class SocketFaults {
    private static final int EPIPE = 32;
    private static final int ENETUNREACH = 101;
    private static final int ECONNRESET = 104;
    private static final int ETIMEDOUT = 110;
    private static final int EHOSTUNREACH = 113;

    private SocketFaults() {}

    /** The reason for a fault of the socket, or of ours. */
    static DisconnectReason reason(Throwable cause, Logger log) {
        if (cause instanceof SSLException tls) {
            return TlsFaults.later(tls);
        } else if (cause instanceof Errors.NativeIoException e) {
            int errno = Math.abs(e.expectedErr());
            return DisconnectReason.of(detail(errno), "errno", name(errno));
        } else if (cause instanceof IOException) {
            String text = String.valueOf(cause.getMessage());
            return DisconnectReason.of(detail(text.toLowerCase(Locale.ROOT)), "error", text);
        }
        return cause instanceof DecoderException && cause.getCause() instanceof SSLException tls
                ? TlsFaults.later(tls)
                : ours(cause, log);
    }

    /** A fault of ours, with an id to find it in the log. */
    static DisconnectReason ours(Throwable cause, Logger log) {
        String id = Long.toHexString(ThreadLocalRandom.current().nextLong());
        log.error("event=implementation_error id={}", id, cause);
        return DisconnectReason.of(
                Detail.IMPLEMENTATION_ERROR, "exception", cause.getClass().getName(), "id", id);
    }

    private static Detail detail(int errno) {
        return switch (errno) {
            case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH -> Detail.TIMED_OUT;
            case EPIPE -> Detail.WRITE_FAILED;
            default -> Detail.PEER_RESET;
        };
    }

    private static Detail detail(String text) {
        if (text.contains("timed out") || text.contains("unreachable") || text.contains("no route")) {
            return Detail.TIMED_OUT;
        } else if (text.contains("broken pipe")) {
            return Detail.WRITE_FAILED;
        }
        return Detail.PEER_RESET;
    }

    private static String name(int errno) {
        return switch (errno) {
            case EPIPE -> "EPIPE";
            case ENETUNREACH -> "ENETUNREACH";
            case ECONNRESET -> "ECONNRESET";
            case ETIMEDOUT -> "ETIMEDOUT";
            case EHOSTUNREACH -> "EHOSTUNREACH";
            default -> Integer.toString(errno);
        };
    }
}
