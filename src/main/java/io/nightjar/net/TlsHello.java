package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslClientHelloHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.nightjar.connection.Admission;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hears what a client says first on a TLS listener: something else than TLS ends the connection as {@code not_mqtt},
 * and a ClientHello is noted as evidence before TLS itself takes this handler's place. Until then a connection costs no
 * engine.
 */
final class TlsHello extends SslClientHelloHandler<TlsContexts> {
    private static final int LONGEST_HELLO = 32 * 1024;
    private static final int HANDSHAKE = 0x16;

    /** A record with the fatal alert internal_error(80), the only one that blames the server [RFC 8446, 6.2]. */
    private static final byte[] ALERT = {0x15, 3, 3, 0, 2, 2, 80};

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
        if (clientHello == null) {
            return ctx.executor().newSucceededFuture(contexts);
        }
        carrier.hello(ClientHello.read(clientHello));
        AdmissionControl admission = connection.context.admission();
        Asking asking = new Asking(ctx);
        Admission.Ticket ticket = admission.ticket(connection.row(), asking, clientHello.readableBytes());
        asking.ticket = ticket;
        carrier.asks(ticket);
        switch (admission.arrive(ticket)) {
            case INSIDE -> asking.goOn(0);
            case WAITING -> connection.deadlineIn(admission.maxWaitMillis() + carrier.timeoutMillis());
            default -> asking.refuse(ticket.refusal());
        }
        return asking.found;
    }

    /**
     * One whose ClientHello is here. It keeps its place until the next turn of the loop, by which the answer with its
     * signature is made, and not until the client has it: a long way there and back would keep others out.
     */
    private final class Asking implements Admission.Guest {
        private final ChannelHandlerContext ctx;
        private final Promise<TlsContexts> found;
        private Admission.@Nullable Ticket ticket;

        Asking(ChannelHandlerContext ctx) {
            this.ctx = ctx;
            this.found = ctx.executor().newPromise();
        }

        @Override
        public void admitted() {
            ctx.executor().schedule(this::admittedLater, 0, TimeUnit.NANOSECONDS);
        }

        private void admittedLater() {
            Admission.Ticket mine = ticket;
            if (mine != null && connection.state() == MqttChannel.State.AWAITING_CONNECT) {
                goOn(connection.context.clock().millis() - mine.sinceMillis());
            }
        }

        @Override
        public void refused(Admission.Refusal why) {
            ctx.executor().execute(() -> refuse(why));
        }

        void goOn(long waitedMillis) {
            carrier.admitted(waitedMillis);
            if (waitedMillis > 0) {
                connection.waited();
            }
            found.setSuccess(contexts);
            ctx.executor()
                    .schedule(() -> carrier.leaveAdmission(connection.context.admission()), 0, TimeUnit.NANOSECONDS);
        }

        /** Before the handshake there is no CONNACK: an alert says that it is us. */
        void refuse(Admission.@Nullable Refusal why) {
            if (why != null && connection.state() == MqttChannel.State.AWAITING_CONNECT) {
                ctx.writeAndFlush(ctx.alloc().buffer(ALERT.length).writeBytes(ALERT));
                connection.endOnLoop(connection.context.admission().refused(why));
            }
        }
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
