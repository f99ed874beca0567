package io.nightjar.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What an idle MQTT 5 connection with one subscription takes of a running broker over each transport. {@code ops/idle} runs
 * it.
 *
 * <pre>
 * IdleTransports PID CONNECTIONS TRANSPORT=PORT...      with TRANSPORT one of tcp, tls, ws, wss
 * </pre>
 */
public final class IdleTransports {
    private static final String HOST = "127.0.0.1";
    private static final int WINDOW = 50;
    private static final int WARM = 300;
    private static final int PATIENCE_SECONDS = 60;
    private static final int SUBACK = 0x90;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Packets packets = new Packets(5);
    private final Semaphore window = new Semaphore(WINDOW);
    private final SslContext tls;
    private int clients;

    private IdleTransports() throws Exception {
        tls = SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build();
    }

    public static void main(String[] args) throws Exception {
        IdleTransports measured = new IdleTransports();
        try {
            measured.run(
                    Long.parseLong(args[0]),
                    Integer.parseInt(args[1]),
                    List.of(args).subList(2, args.length));
        } finally {
            measured.group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private void run(long pid, int connections, List<String> transports) throws Exception {
        measure(pid, connections / 3, transports, false); // what comes once comes here
        measure(pid, connections, transports, true);
    }

    private void measure(long pid, int connections, List<String> transports, boolean shown) throws Exception {
        for (String transport : transports) {
            String[] words = transport.split("=");
            List<Channel> open = new ArrayList<>(connections + WARM);
            open(words[0], Integer.parseInt(words[1]), WARM, open);
            IdleMemory before = IdleMemory.of(pid);
            open(words[0], Integer.parseInt(words[1]), connections, open);
            Report each = IdleMemory.of(pid).since(before, connections);
            if (shown) {
                System.out.printf(Locale.ROOT, "%-4s bytes of each of %,d: %s%n", words[0], connections, each);
            }
            for (Channel channel : open) {
                channel.close().sync();
            }
        }
    }

    private void open(String transport, int port, int count, List<Channel> open) throws InterruptedException {
        boolean secure = transport.equals("tls") || transport.equals("wss");
        boolean web = transport.startsWith("ws");
        for (int i = 0; i < count; i++) {
            enter(1);
            String clientId = transport + "-" + clients++;
            byte[] connect = packets.connect(clientId, true, 3_600, 0, null, null);
            byte[] subscribe = packets.subscribe(1, 1, "device/" + clientId + "/cmd");
            ByteBuf hello = Unpooled.wrappedBuffer(connect, subscribe);
            Bootstrap bootstrap = new Bootstrap()
                    .group(group)
                    .channel(NioSocketChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            pipeline(
                                    channel,
                                    secure ? tls : null,
                                    web ? URI.create("ws://" + HOST + "/mqtt") : null,
                                    hello);
                        }
                    });
            open.add(bootstrap.connect(HOST, port).sync().channel());
        }
        enter(WINDOW);
        window.release(WINDOW);
    }

    private void pipeline(Channel channel, @Nullable SslContext secure, @Nullable URI web, ByteBuf hello) {
        if (secure != null) {
            channel.pipeline().addLast(secure.newHandler(channel.alloc(), HOST, 0));
        }
        if (web != null) {
            channel.pipeline()
                    .addLast(
                            new HttpClientCodec(),
                            new HttpObjectAggregator(8_192),
                            new WebSocketClientProtocolHandler(
                                    web, WebSocketVersion.V13, "mqtt", false, new DefaultHttpHeaders(), 65_536));
        }
        channel.pipeline().addLast(new Client(web != null, hello));
    }

    private void enter(int places) throws InterruptedException {
        if (!window.tryAcquire(places, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no answer from the broker for " + PATIENCE_SECONDS + " s");
        }
    }

    /** Says hello when the way is open, and waits for the SUBACK. */
    private final class Client extends ChannelInboundHandlerAdapter {
        private final boolean web;
        private final ByteBuf hello;

        Client(boolean web, ByteBuf hello) {
            this.web = web;
            this.hello = hello;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (!web) {
                ctx.writeAndFlush(hello);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == WebSocketClientProtocolHandler.ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
                ctx.writeAndFlush(new BinaryWebSocketFrame(hello));
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = message instanceof WebSocketFrame frame ? frame.content() : (ByteBuf) message;
            while (in.readableBytes() > 1) {
                int first = in.readUnsignedByte();
                in.skipBytes(in.readUnsignedByte()); // both answers are shorter than 128 bytes
                if (first == SUBACK) {
                    window.release();
                }
            }
            in.release();
        }
    }
}
