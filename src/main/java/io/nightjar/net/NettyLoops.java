package io.nightjar.net;

import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import io.netty.util.internal.PlatformDependent;
import io.nightjar.message.EventLoops;
import io.nightjar.message.TimerWheel;
import io.nightjar.net.LoopClock.LoopThread;
import java.net.SocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The event loops of a node on native epoll, or NIO where that does not load, each with its timer wheel. For measurements
 * also on Netty's in-process transport, where a connection takes no descriptor: then the listeners have names and no ports.
 */
public final class NettyLoops implements EventLoops {
    /** What carries the bytes: what a listener is bound to and what its connections are. */
    private enum Io {
        EPOLL("epoll", EpollServerSocketChannel.class),
        NIO("nio", NioServerSocketChannel.class),
        IN_PROCESS("in_process", LocalServerChannel.class);

        private final String word;
        private final Class<? extends ServerChannel> server;

        Io(String word, Class<? extends ServerChannel> server) {
            this.word = word;
            this.server = server;
        }

        /**
         * Sockets whose events a loop looks at in one turn, at most: when a thousand clients are reset at once others wait for
         * the ends of so many of them only. Those that are left are the first of the next turn.
         */
        private static final int SOCKETS = 256;

        IoHandlerFactory handlers() {
            return switch (this) {
                case EPOLL -> EpollIoHandler.newFactory(SOCKETS, DefaultSelectStrategyFactory.INSTANCE);
                case NIO -> NioIoHandler.newFactory();
                case IN_PROCESS -> LocalIoHandler.newFactory();
            };
        }
    }

    /** Longest time for tasks before sockets are looked at again; Netty takes a second. */
    private static final long TASKS_MILLIS = 5;

    private final MultiThreadIoEventLoopGroup group;
    private final Io io;
    private final List<EventLoop> loops = new ArrayList<>();
    private final List<TimerWheel> wheels = new ArrayList<>();

    /**
     * @param count number of loops, at least 1
     * @param nativeTransport false forces NIO
     */
    public NettyLoops(int count, boolean nativeTransport, InstantSource clock) {
        this(count, nativeTransport && Epoll.isAvailable() ? Io.EPOLL : Io.NIO, clock);
    }

    /** Loops whose connections come from this JVM, over Netty's LocalChannel. */
    public static NettyLoops inProcess(int count, InstantSource clock) {
        return new NettyLoops(count, Io.IN_PROCESS, clock);
    }

    private NettyLoops(int count, Io io, InstantSource clock) {
        this.io = io;
        AtomicInteger number = new AtomicInteger();
        this.group =
                new MultiThreadIoEventLoopGroup(
                        count,
                        (ThreadFactory) task -> new LoopThread(task, "nightjar-loop-" + number.incrementAndGet()),
                        TurningHandler.over(io.handlers())) {
                    @Override
                    protected IoEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... arguments) {
                        return new SingleThreadIoEventLoop(
                                this,
                                executor,
                                factory,
                                Integer.MAX_VALUE,
                                RejectedExecutionHandlers.reject(),
                                TASKS_MILLIS);
                    }
                };
        for (EventExecutor executor : group) {
            EventLoop loop = (EventLoop) executor;
            TimerWheel wheel = new TimerWheel(clock.millis());
            loops.add(loop);
            wheels.add(wheel);
            loop.scheduleWithFixedDelay(
                    () -> wheel.advance(clock.millis()),
                    TimerWheel.TICK_MILLIS,
                    TimerWheel.TICK_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public int count() {
        return loops.size();
    }

    @Override
    public Executor executor(int index) {
        return loops.get(index);
    }

    @Override
    public void later(int index, Runnable task) {
        LaterTurns.later(loops.get(index), task);
    }

    @Override
    public TimerWheel wheel(int index) {
        return wheels.get(index);
    }

    @Override
    public boolean isOn(int index) {
        return loops.get(index).inEventLoop();
    }

    /** {@code epoll}, {@code nio} or {@code in_process}. */
    public String transport() {
        return io.word;
    }

    /** Bytes of direct memory that Netty took past the JVM's own book-keeping, or -1 if it keeps no book. */
    public long directMemoryBytes() {
        return PlatformDependent.usedDirectMemory();
    }

    EventLoop loop(int index) {
        return loops.get(index);
    }

    MultiThreadIoEventLoopGroup group() {
        return group;
    }

    boolean isInProcess() {
        return io == Io.IN_PROCESS;
    }

    /** Where a listener of a node is found: its address, or in process the name {@code node/listener}. */
    SocketAddress addressOf(ListenerSettings listener, String node) {
        return isInProcess() ? new LocalAddress(node + "/" + listener.id()) : listener.bind();
    }

    Class<? extends ServerChannel> serverChannel() {
        return io.server;
    }

    /** The wheel of the loop that runs the caller. */
    TimerWheel wheelOf(EventLoop loop) {
        return wheels.get(loops.indexOf(loop));
    }

    /** Stops the loops after the tasks they have; the stage completes when their threads are gone. */
    public CompletionStage<Void> shutdown() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).addListener(ended -> done.complete(null));
        return done;
    }
}
