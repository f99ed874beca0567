package io.nightjar.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts together what bytes pass on their way between a socket and its packets: the PROXY header, TLS, WebSocket, in
 * this order and each where the listener has it, then {@link MqttChannel}, which is the same for every transport and
 * sees bytes only.
 */
final class Pipeline {
    private static final Logger log = LoggerFactory.getLogger(Pipeline.class);

    private Pipeline() {}

    /**
     * @param tls the certificates of a listener that has TLS
     * @param door what the connections of the listener share
     */
    static void assemble(
            NetContext context, ListenerSettings listener, @Nullable TlsContexts tls, Door door, Channel channel) {
        MqttChannel connection = new MqttChannel(context, listener, door, channel);
        Carrier carrier = connection.carrier;
        ProxySettings proxy = listener.proxy();
        if (carrier != null && proxy != null) {
            channel.pipeline().addLast(new ProxyProtocol(connection, carrier, proxy));
        }
        if (carrier != null && tls != null) {
            channel.pipeline()
                    .addLast(WriteFaults.INSTANCE)
                    .addLast(new TlsHello(connection, carrier, tls), new TlsHandshake(connection, carrier, tls));
        }
        WebSocketSettings webSocket = listener.webSocket();
        if (webSocket != null) {
            WebSocketUpgrade upgrade = new WebSocketUpgrade(connection, webSocket);
            connection.envelope(upgrade);
            channel.pipeline().addLast(upgrade.decoder(), upgrade);
        }
        channel.pipeline().addLast(connection);
    }

    /** What is written now goes out with the end of our side: one segment of TCP less, and the client wakes once. */
    static void holdForEnd(Channel channel) {
        if (channel instanceof EpollSocketChannel epoll) {
            try {
                epoll.config().setTcpCork(true);
            } catch (ChannelException e) {
                log.debug("event=cork_failed peer={} cause={}", channel.remoteAddress(), e.getMessage());
            }
        }
    }

    /** Closes our side, in the words of each layer, and from now on reads only to throw away. */
    static void shutOutput(DuplexChannel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            shutSocket(channel);
        } else {
            channel.pipeline().addFirst(Discard.INSTANCE); // TLS that is shut would keep what it cannot read any more
            tls.closeOutbound().addListener(told -> channel.shutdownOutput());
        }
    }

    /** What Netty's own way makes of it, an exception with its stack for writes that nobody waits for, costs 8 us. */
    private static void shutSocket(DuplexChannel channel) {
        if (channel instanceof EpollSocketChannel epoll && epoll.fd() instanceof Socket socket) {
            try {
                socket.shutdown(false, true);
            } catch (IOException e) {
                log.debug("event=shutdown_failed peer={} cause={}", channel.remoteAddress(), e.getMessage());
            }
        } else {
            channel.shutdownOutput();
        }
    }

    @Sharable
    private static final class Discard extends ChannelInboundHandlerAdapter {
        static final Discard INSTANCE = new Discard();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }
    }
}
