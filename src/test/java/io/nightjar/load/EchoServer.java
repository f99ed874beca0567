package io.nightjar.load;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one-to-one messages, connects and takeovers cost at least: reads and writes the packets that a broker must, and does
 * nothing else. It finds where packets end, answers CONNECT, SUBSCRIBE and QoS 1, and copies each PUBLISH of the client
 * {@code X-pN} to the client {@code X-sN}, whatever its topic: the names that {@link TrafficScenario} gives its pairs. Of two
 * clients with one ClientID the older is told and closed. No topic is read, no session kept, no limit held, nothing checked:
 * for a load on this machine only, and MQTT 5 with QoS 0 or 1.
 *
 * <p>One event loop, one write for each channel and read, as in the broker.
 */
public final class EchoServer implements AutoCloseable {
    private static final int CONNECT = 1;
    private static final int PUBLISH = 3;
    private static final int SUBSCRIBE = 8;
    private static final int PINGREQ = 12;
    private static final byte[] CONNACK_BYTES = {0x20, 3, 0, 0, 0};
    private static final byte[] TAKEN_OVER_BYTES = {(byte) 0xE0, 1, (byte) 0x8E};

    private final EventLoopGroup loop;
    private final Channel listener;

    /** Channels of subscribers by ClientID; of the one loop. */
    private final Map<String, Channel> subscribers = new HashMap<>();

    private EchoServer(int port) {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        loop = new MultiThreadIoEventLoopGroup(1, io);
        listener = new ServerBootstrap()
                .group(loop)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Handler());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .syncUninterruptibly()
                .channel();
    }

    /** Listens on loopback; a port of 0 is any free one. */
    static EchoServer start(int port) {
        return new EchoServer(port);
    }

    /** {@code [PORT]}: prints {@code port=N} and serves until it is killed. */
    public static void main(String[] args) throws InterruptedException {
        EchoServer server = start(args.length > 0 ? Integer.parseInt(args[0]) : 0);
        System.out.println("port=" + server.port());
        server.listener.closeFuture().sync();
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        loop.shutdownGracefully().syncUninterruptibly();
    }

    /** One connection. */
    private final class Handler extends ChannelInboundHandlerAdapter {
        private String clientId = "";

        /** Of a publisher its subscriber. */
        private @Nullable Channel other;

        /** Bytes of a packet that is not whole. */
        private @Nullable ByteBuf partial;

        private boolean wroteOther;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf in = (ByteBuf) message;
            if (partial != null) {
                in = partial.writeBytes(in);
                ((ByteBuf) message).release();
                partial = null;
            }
            ByteBuf answers = context.alloc().ioBuffer();
            ByteBuf forward = context.alloc().ioBuffer(Math.max(256, in.readableBytes()));
            int end;
            while ((end = end(in)) >= 0) {
                packet(context, in, end, answers, forward);
                in.readerIndex(end);
            }
            if (in.isReadable()) {
                partial = context.alloc().buffer(2 * in.readableBytes()).writeBytes(in);
            }
            in.release();
            write(context.channel(), answers);
            if (other != null && forward.isReadable()) {
                wroteOther = true;
                write(other, forward);
            } else {
                forward.release();
            }
        }

        private static void write(Channel channel, ByteBuf bytes) {
            if (bytes.isReadable()) {
                channel.write(bytes, channel.voidPromise());
            } else {
                bytes.release();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
            if (wroteOther && other != null) {
                wroteOther = false;
                other.flush();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            subscribers.remove(clientId, context.channel());
            if (partial != null) {
                partial.release();
                partial = null;
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close(); // a load that ends resets its connections
        }

        /** Where the packet at the reader index ends, or -1 if it is not whole. */
        private static int end(ByteBuf in) {
            int length = 0;
            int shift = 0;
            int at = in.readerIndex() + 1;
            int digit;
            do {
                if (at >= in.writerIndex()) {
                    return -1;
                }
                digit = in.getByte(at++);
                length |= (digit & 0x7F) << shift;
                shift += 7;
            } while (digit < 0);
            return at + length <= in.writerIndex() ? at + length : -1;
        }

        private void packet(ChannelHandlerContext context, ByteBuf in, int end, ByteBuf answers, ByteBuf forward) {
            int start = in.readerIndex();
            int first = in.getUnsignedByte(start);
            int body = start + 2;
            while (in.getByte(body - 1) < 0) {
                body++;
            }
            switch (first >>> 4) {
                case PUBLISH -> {
                    forward.writeBytes(in, start, end - start);
                    if ((first >>> 1 & 3) == 1) {
                        int id = body + 2 + in.getUnsignedShort(body);
                        answers.writeByte(0x40).writeByte(2).writeShort(in.getUnsignedShort(id));
                    }
                }
                case CONNECT -> {
                    connect(context.channel(), in, body);
                    answers.writeBytes(CONNACK_BYTES);
                }
                case SUBSCRIBE ->
                    answers.writeInt(0x90040000 | in.getUnsignedShort(body)).writeShort(1);
                case PINGREQ -> answers.writeShort(0xD000);
                default -> {} // PUBACK and DISCONNECT need no answer
            }
        }

        /** Finds the ClientID behind the protocol's name, its version, flags, Keep Alive and properties. */
        private void connect(Channel channel, ByteBuf in, int body) {
            int at = body + 6 + 1 + 1 + 2;
            at += 1 + in.getUnsignedByte(at);
            clientId = in.toString(at + 2, in.getUnsignedShort(at), StandardCharsets.UTF_8);
            Channel old = subscribers.put(clientId, channel);
            if (old != null) {
                old.writeAndFlush(Unpooled.wrappedBuffer(TAKEN_OVER_BYTES)).addListener(ChannelFutureListener.CLOSE);
            }
            int dash = clientId.lastIndexOf("-p");
            other = dash < 0
                    ? null
                    : subscribers.get(clientId.substring(0, dash) + "-s" + clientId.substring(dash + 2));
        }
    }
}
