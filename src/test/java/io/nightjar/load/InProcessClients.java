package io.nightjar.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;

/**
 * MQTT 5 clients in the broker's own JVM, over Netty's LocalChannel. Client {@code n} has the ClientID {@code m-n},
 * subscribes to {@code device/m-n/cmd} and is idle from then on but for what is published to it; its own heap is a channel with one handler that all share.
 * One thread, {@value #WINDOW} clients on their way in at once. Not thread-safe.
 */
final class InProcessClients implements AutoCloseable {
    static final int WINDOW = 64;

    private static final int CONNACK = 0x20;
    private static final int PUBLISH_QOS1 = 0x32;
    private static final int PUBACK = 0x40;
    private static final int SUBACK = 0x90;
    private static final int PACKET_IDS = 65_535;
    private static final AtomicInteger LAST_ADDRESS = new AtomicInteger();
    private static final int PAYLOAD = 64;
    private static final int PATIENCE_SECONDS = 30;
    private static final int KEEP_ALIVE_SECONDS = 3_600;

    private final MultiThreadIoEventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("clients"), LocalIoHandler.newFactory());
    private final Packets packets = new Packets(5);
    private final Semaphore window = new Semaphore(WINDOW);
    private final Semaphore arrived = new Semaphore(0);
    private final List<Channel> publishers = new ArrayList<>();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final LocalAddress broker;
    private final Bootstrap bootstrap;

    /** @param listener name of the broker's listener, as in {@code n1/tcp:default} */
    InProcessClients(String listener) {
        this.broker = new LocalAddress(listener);
        this.bootstrap =
                new Bootstrap().group(group).channel(LocalChannel.class).handler(new Answers());
    }

    /**
     * Connects and subscribes these many; returns when all have their SUBACK.
     *
     * @param clients gives the number of the i-th client; no two of them the same
     * @param cleanStart whether the session of before is discarded
     * @return seconds that it took
     * @throws IllegalStateException if one is refused or has no answer in half a minute
     */
    double connect(int count, IntUnaryOperator clients, boolean cleanStart) throws InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            int client = clients.applyAsInt(i);
            enter(1);
            ChannelFuture connected = bootstrap.connect(broker, unusedAddress());
            connected.addListener(done -> {
                if (done.isSuccess()) {
                    connected.channel().writeAndFlush(hello("m-" + client, cleanStart));
                } else {
                    refused.incrementAndGet();
                    window.release();
                }
            });
        }
        enter(WINDOW);
        window.release(WINDOW);
        return (System.nanoTime() - start) / 1e9;
    }

    /**
     * Publishes at QoS 1, to one client each, from {@value #WINDOW} publishers that are connected the first time;
     * {@value #WINDOW} messages are unacknowledged at once.
     *
     * @param clients gives the number of the client that the i-th message is for
     * @return seconds until all were acknowledged and had arrived
     */
    double publish(int count, IntUnaryOperator clients) throws InterruptedException {
        for (int i = publishers.size(); i < WINDOW; i++) {
            enter(1);
            Channel publisher =
                    bootstrap.connect(broker, unusedAddress()).sync().channel();
            publisher.writeAndFlush(hello("publisher-" + i, true));
            publishers.add(publisher);
        }
        enter(WINDOW);
        window.release(WINDOW);
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            enter(1);
            byte[] publish = packets.publish("device/m-" + clients.applyAsInt(i) + "/cmd", 1, false, PAYLOAD);
            int id = i / WINDOW % PACKET_IDS + 1;
            int offset = packets.packetIdOffset(publish, PAYLOAD);
            publish[offset] = (byte) (id >> 8);
            publish[offset + 1] = (byte) id;
            publishers.get(i % WINDOW).writeAndFlush(Unpooled.wrappedBuffer(publish));
        }
        if (!arrived.tryAcquire(count, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "only " + arrived.availablePermits() + " of " + count + " messages arrived");
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** Connections that ended, whoever ended them. */
    int closed() {
        return closed.get();
    }

    /** Netty's own are 32 bits of a hash, of which two are equal long before there are a million. */
    private static LocalAddress unusedAddress() {
        return new LocalAddress("client-" + LAST_ADDRESS.incrementAndGet());
    }

    private void enter(int places) throws InterruptedException {
        if (!window.tryAcquire(places, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no answer from the broker for " + PATIENCE_SECONDS + " s");
        } else if (refused.get() > 0) {
            throw new IllegalStateException("the broker refused " + refused + " clients");
        }
    }

    private ByteBuf hello(String clientId, boolean cleanStart) {
        return Unpooled.wrappedBuffer(
                packets.connect(clientId, cleanStart, KEEP_ALIVE_SECONDS, 0, null, null),
                packets.subscribe(1, 1, "device/" + clientId + "/cmd"));
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /**
     * Bytes of heap of one LocalChannel with one handler that all share, as each client here is: half of what a pair takes.
     *
     * @param usedHeap bytes of live heap, after a collection
     */
    static long bytesAlone(int pairs, LongSupplier usedHeap) throws InterruptedException {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        LocalAddress address = new LocalAddress("bare");
        Deaf deaf = new Deaf();
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(LocalServerChannel.class)
                .childHandler(deaf)
                .bind(address)
                .sync()
                .channel();
        Bootstrap bootstrap =
                new Bootstrap().group(group).channel(LocalChannel.class).handler(deaf);
        List<Channel> open = new ArrayList<>(pairs);
        long before = usedHeap.getAsLong();
        for (int i = 0; i < pairs; i++) {
            Channel channel = bootstrap.connect(address, unusedAddress()).sync().channel();
            channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])).sync();
            open.add(channel);
        }
        long bytes = (usedHeap.getAsLong() - before) / pairs / 2;
        open.forEach(Channel::close);
        server.close().sync();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        return bytes;
    }

    /** Reads nothing into anything. */
    @Sharable
    private static class Deaf extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }
    }

    /** The first byte of an answer says all; both answers may come in one piece. */
    private final class Answers extends Deaf {

        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = (ByteBuf) message;
            while (in.readableBytes() > 1) {
                int first = in.readUnsignedByte();
                int length = in.readUnsignedByte(); // all answers to these clients are shorter than 128 bytes
                boolean accepted = first == CONNACK ? in.getByte(in.readerIndex() + 1) == 0 : true;
                if (!accepted) {
                    refused.incrementAndGet();
                    window.release();
                } else if (first == SUBACK || first == PUBACK) {
                    window.release();
                } else if ((first & 0xF6) == PUBLISH_QOS1) {
                    acknowledge(ctx, in);
                }
                in.skipBytes(length);
            }
            super.channelRead(ctx, message);
        }

        private void acknowledge(ChannelHandlerContext ctx, ByteBuf in) {
            int id = in.getUnsignedShort(in.readerIndex() + 2 + in.getUnsignedShort(in.readerIndex()));
            ctx.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {PUBACK, 2, (byte) (id >> 8), (byte) id}));
            arrived.release();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            closed.incrementAndGet();
        }
    }
}
