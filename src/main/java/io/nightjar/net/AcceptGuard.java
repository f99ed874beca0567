package io.nightjar.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a listener alive when the system has no descriptor for a connection that waits: see {@link Descriptors}. Other
 * faults go on to Netty, which accepts nothing for a second. Owned by the listener's event loop.
 */
final class AcceptGuard extends ChannelInboundHandlerAdapter {
    /** Until the next try to get descriptors back; what was closed meanwhile makes room. */
    private static final long RETRY_MILLIS = 20;

    private final Descriptors descriptors;
    private boolean retrying;

    AcceptGuard(Descriptors descriptors) {
        this.descriptors = descriptors;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        String errno = errno(cause);
        if (errno == null) {
            ctx.fireExceptionCaught(cause);
            return;
        }
        if (!descriptors.exhausted(errno)) {
            ctx.channel().config().setAutoRead(false); // or the loop would try again and again
        }
        if (!retrying) {
            retrying = true;
            retryLater(ctx);
        }
    }

    private void retryLater(ChannelHandlerContext ctx) {
        ctx.channel().eventLoop().schedule(() -> retry(ctx), RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void retry(ChannelHandlerContext ctx) {
        if (!ctx.channel().isOpen()) {
            return;
        }
        retrying = !descriptors.recover();
        if (retrying) {
            retryLater(ctx);
        }
        ctx.channel().config().setAutoRead(true);
    }

    /** {@code EMFILE}, {@code ENFILE}, or null if it is something else. */
    private static @Nullable String errno(Throwable cause) {
        if (cause instanceof Errors.NativeIoException e) {
            int errno = Math.abs(e.expectedErr());
            return errno == Errno.EMFILE ? Descriptors.EMFILE : errno == Errno.ENFILE ? Descriptors.ENFILE : null;
        } else if (!(cause instanceof IOException)) {
            return null;
        }
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT); // of NIO
        if (text.contains("too many open files in system")) {
            return Descriptors.ENFILE;
        }
        return text.contains("too many open files") ? Descriptors.EMFILE : null;
    }
}
