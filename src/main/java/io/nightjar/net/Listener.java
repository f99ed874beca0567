package io.nightjar.net;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listener for MQTT. Accepts on one loop; each connection moves to its ClientID's loop after CONNECT. */
public final class Listener {
    private static final Logger log = LoggerFactory.getLogger(Listener.class);

    /** Bytes of one read; one size for all, so that no connection keeps statistics of its own. */
    static final int READ_BYTES = 8 * 1024;

    /** Reads of one connection in a turn of its loop. Netty's 16 let a publisher that floods keep all others waiting. */
    static final int READS_A_TURN = 2;

    private static final FixedRecvByteBufAllocator READS = new FixedRecvByteBufAllocator(READ_BYTES);

    static {
        READS.maxMessagesPerRead(READS_A_TURN);
    }

    private final NetContext context;
    private final ListenerSettings settings;
    private final @Nullable TlsContexts tls;
    private final Door door;
    private final Channel server;

    private Listener(
            NetContext context, ListenerSettings settings, @Nullable TlsContexts tls, Door door, Channel server) {
        this.context = context;
        this.door = door;
        this.settings = settings;
        this.tls = tls;
        this.server = server;
    }

    /**
     * Reads the certificates of a listener with TLS, which blocks, and binds. Fails with words for the operator, those of
     * the operating system if the address cannot be had.
     */
    public static CompletionStage<Listener> start(NetContext context, ListenerSettings settings) {
        CompletableFuture<Listener> started = new CompletableFuture<>();
        TlsContexts tls;
        try {
            tls = settings.tls() == null ? null : TlsContexts.open(settings.id(), settings.tls(), context.counters());
        } catch (IOException e) {
            started.completeExceptionally(
                    new IllegalStateException("listener " + settings.id() + ": " + e.getMessage(), e));
            return started;
        }
        Door door =
                new Door(settings.id(), new AtomicInteger(), context.admission().row(settings));
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(context.loops().group())
                .channel(context.loops().serverChannel())
                .handler(new AcceptGuard(context.descriptors()))
                .childOption(ChannelOption.AUTO_CLOSE, false) // a write that fails shall not take the evidence with it
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(settings.sendBufferLow(), settings.sendBufferHigh()))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.config().setRecvByteBufAllocator(READS);
                        Pipeline.assemble(context, settings, tls, door, channel);
                    }
                });
        if (!context.loops().isInProcess()) {
            bootstrap
                    .option(ChannelOption.SO_BACKLOG, settings.backlog())
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        }
        ChannelFuture bind = bootstrap.bind(context.loops().addressOf(settings, context.node()));
        bind.addListener(done -> {
            if (done.isSuccess()) {
                Listener listener = new Listener(context, settings, tls, door, bind.channel());
                log.info(
                        "event=listener_started listener={} bind={}:{} transport={}",
                        settings.id(),
                        settings.bind().getHostString(),
                        listener.port(),
                        context.loops().transport());
                started.complete(listener);
            } else {
                context.admission().close(door.row());
                if (tls != null) {
                    tls.close();
                }
                started.completeExceptionally(new IllegalStateException("listener " + settings.id() + " cannot bind "
                        + settings.bind().getHostString() + ":"
                        + settings.bind().getPort() + ": "
                        + done.cause().getMessage()));
            }
        });
        return started;
    }

    /** The port it listens on, or 0 if it has none: in process. */
    public int port() {
        return server.localAddress() instanceof InetSocketAddress local ? local.getPort() : 0;
    }

    public ListenerSettings settings() {
        return settings;
    }

    public String id() {
        return settings.id();
    }

    /** Connections that are open now. */
    public int connections() {
        return door.open().get();
    }

    /** Accepts no more; open connections stay. */
    public CompletionStage<Void> stopAccepting() {
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        server.close().addListener(done -> {
            context.admission().close(door.row());
            if (tls != null) {
                tls.close();
            }
            log.info("event=listener_stopped listener={} node={}", settings.id(), context.node());
            stopped.complete(null);
        });
        return stopped;
    }
}
