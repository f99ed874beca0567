package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.List;

/** Reads the one HTTP request before a WebSocket, if it is one: other protocols are told apart by their first bytes. */
final class UpgradeDecoder extends HttpRequestDecoder {
    private static final String HTTP = "http";

    private final WebSocketUpgrade upgrade;
    private boolean isHttp;
    private boolean begun;

    UpgradeDecoder(WebSocketUpgrade upgrade, int maxHeaderBytes) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(maxHeaderBytes)
                .setMaxHeaderSize(maxHeaderBytes)
                .setInitialBufferSize(256));
        this.upgrade = upgrade;
    }

    /** Whether anything came. */
    boolean hasBegun() {
        return begun;
    }

    /** The client closed its side: what it did not finish is no request, and no wrong one either. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        ctx.fireUserEventTriggered(event);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        begun |= in.isReadable();
        if (!isHttp && in.isReadable()) {
            String looksLike = FirstBytes.looksLike(in, in.readerIndex(), in.readableBytes());
            if (looksLike == null) {
                return;
            } else if (!looksLike.equals(HTTP)) {
                in.skipBytes(in.readableBytes());
                upgrade.notHttp(looksLike);
                return;
            }
            isHttp = true;
        }
        super.decode(ctx, in, out);
    }
}
