package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslClientHelloHandler;
import io.netty.util.concurrent.Future;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hears what a client says first on a TLS listener: something else than TLS ends the connection as {@code not_mqtt},
 * and a ClientHello is noted as evidence before TLS itself takes this handler's place. Until then a connection costs no
 * engine.
 */
final class TlsHello extends SslClientHelloHandler<TlsContexts> {
    private static final int LONGEST_HELLO = 32 * 1024;
    private static final int HANDSHAKE = 0x16;

    private final MqttChannel connection;
    private final Carrier carrier;
    private final TlsContexts contexts;
    private boolean begun;

    TlsHello(MqttChannel connection, Carrier carrier, TlsContexts contexts) {
        super(LONGEST_HELLO);
        this.connection = connection;
        this.carrier = carrier;
        this.contexts = contexts;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (!ctx.channel().isActive()) {
            in.skipBytes(in.readableBytes()); // what came before decided already
            return;
        } else if (!begun && in.isReadable()) {
            String looksLike = in.getUnsignedByte(in.readerIndex()) == HANDSHAKE
                    ? "tls"
                    : FirstBytes.looksLike(in, in.readerIndex(), in.readableBytes());
            if (looksLike == null) {
                return;
            } else if (!looksLike.equals("tls")) {
                notTls(in, looksLike);
                return;
            }
            begun = true;
        }
        super.decode(ctx, in, out);
    }

    private void notTls(ByteBuf in, String looksLike) {
        DisconnectReason reason = DisconnectReason.of(
                Detail.NOT_MQTT,
                "problem",
                "this listener speaks TLS, and what came is not TLS but looks like " + looksLike,
                "looks_like",
                looksLike);
        in.skipBytes(in.readableBytes());
        connection.endOnLoop(reason);
    }

    @Override
    protected Future<TlsContexts> lookup(ChannelHandlerContext ctx, @Nullable ByteBuf clientHello) {
        if (clientHello != null) {
            carrier.hello(ClientHello.read(clientHello));
        }
        return ctx.executor().newSucceededFuture(contexts);
    }

    @Override
    protected void onLookupComplete(ChannelHandlerContext ctx, Future<TlsContexts> found) {
        try {
            ctx.pipeline().addBefore(ctx.name(), null, new PlainAlert());
            ctx.pipeline().replace(this, null, contexts.newHandler(ctx.alloc()));
        } catch (IllegalStateException listenerClosed) {
            connection.endOnLoop(DisconnectReason.of(Detail.LISTENER_STOPPED));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof NotSslRecordException || cause.getCause() instanceof NotSslRecordException) {
            connection.endOnLoop(DisconnectReason.of(
                    Detail.NOT_MQTT, "problem", "what came is not TLS", "looks_like", FirstBytes.JUNK));
        } else if (cause instanceof TooLongFrameException || cause.getCause() instanceof TooLongFrameException) {
            connection.endOnLoop(DisconnectReason.of(
                    Detail.TLS_HANDSHAKE,
                    "problem",
                    "the ClientHello is longer than any client needs",
                    "limit",
                    LONGEST_HELLO + " bytes"));
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }
}
