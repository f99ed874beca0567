package io.nightjar.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Stands behind TLS until the handshake is over: then it notes what was agreed and takes itself out, so that an open
 * connection keeps nothing of it, or ends the connection with what went wrong.
 */
final class TlsHandshake extends ChannelInboundHandlerAdapter {
    private final MqttChannel connection;
    private final Carrier carrier;
    private final TlsContexts contexts;
    private boolean failed;

    TlsHandshake(MqttChannel connection, Carrier carrier, TlsContexts contexts) {
        this.connection = connection;
        this.carrier = carrier;
        this.contexts = contexts;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof SslHandshakeCompletionEvent completion)) {
            ctx.fireUserEventTriggered(event);
        } else if (completion.isSuccess()) {
            succeeded(ctx);
        } else {
            fail(completion.cause());
        }
    }

    private void succeeded(ChannelHandlerContext ctx) {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        SSLSession session = tls.engine().getSession();
        X509Certificate client = client(session);
        carrier.secured(
                session.getProtocol(),
                client == null
                        ? null
                        : ClientCertificate.of(client, contexts.settings().usernameFrom()));
        ctx.pipeline().remove(PlainAlert.class);
        ctx.pipeline().remove(this);
        connection.layerFinished();
    }

    private static @Nullable X509Certificate client(SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate first ? first : null;
        } catch (SSLPeerUnverifiedException noneWasShown) {
            return null;
        }
    }

    private void fail(Throwable cause) {
        failed = true;
        PlainAlert plain = connection.channel.pipeline().get(PlainAlert.class);
        connection.endOnLoop(TlsFaults.handshake(
                cause, plain == null ? null : plain.alert(), connection.channel.isActive(), carrier.hello(), contexts));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof DecoderException && cause.getCause() instanceof SSLException ssl) {
            if (!failed) {
                fail(ssl);
            }
            ctx.close(); // TLS has flushed its alert by now
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }
}
