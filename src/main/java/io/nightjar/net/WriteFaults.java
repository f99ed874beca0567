package io.nightjar.net;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Below TLS: tells of writes that fail, which TLS keeps to itself. Packets on a bare socket need none, since they are
 * written with a promise that tells.
 */
@Sharable
final class WriteFaults extends ChannelOutboundHandlerAdapter {
    static final WriteFaults INSTANCE = new WriteFaults();

    private WriteFaults() {}

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ctx.write(
                message,
                promise.isVoid() ? promise : promise.addListener(ChannelFutureListener.FIRE_EXCEPTION_ON_FAILURE));
    }
}
