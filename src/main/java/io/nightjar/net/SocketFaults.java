package io.nightjar.net;

import io.netty.channel.socket.ChannelOutputShutdownException;
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
    private SocketFaults() {}

    /** The reason for a fault of the socket, or of ours. */
    static DisconnectReason reason(Throwable told, Logger log) {
        Throwable cause = first(told);
        if (cause instanceof SSLException tls) {
            return TlsFaults.later(tls);
        } else if (cause instanceof Errors.NativeIoException e) {
            int errno = Math.abs(e.expectedErr());
            String call = String.valueOf(e.getMessage());
            return DisconnectReason.of(detail(errno, call), "errno", Errno.name(errno));
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

    /** What closed the output is the fault; that it is closed now is the sequel. */
    private static Throwable first(Throwable cause) {
        Throwable first = cause instanceof ChannelOutputShutdownException ? cause.getCause() : null;
        return first == null ? cause : first;
    }

    private static Detail detail(int errno, String call) {
        return switch (errno) {
            case Errno.ETIMEDOUT, Errno.EHOSTUNREACH, Errno.ENETUNREACH, Errno.EHOSTDOWN, Errno.ENETDOWN ->
                Detail.TIMED_OUT;
            case Errno.ECONNRESET, Errno.ECONNABORTED -> Detail.PEER_RESET;
            case Errno.EPIPE -> Detail.WRITE_FAILED;
            default -> call.contains("write") || call.contains("send") ? Detail.WRITE_FAILED : Detail.PEER_RESET;
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
}
