package io.nightjar.net;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.concurrent.Executor;

/**
 * Tells {@link LoopClock} where a turn of an event loop begins and where it comes to its tasks, and {@link LaterTurns} that
 * there is another one.
 */
final class TurningHandler implements IoHandler {
    private final IoHandler handler;
    private final Executor loop;

    private TurningHandler(IoHandler handler, Executor loop) {
        this.handler = handler;
        this.loop = loop;
    }

    static IoHandlerFactory over(IoHandlerFactory factory) {
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor executor) {
                return new TurningHandler(factory.newHandler(executor), executor);
            }

            @Override
            public boolean isChangingThreadSupported() {
                return factory.isChangingThreadSupported();
            }
        };
    }

    @Override
    public int run(IoHandlerContext context) {
        LoopClock.newTurn();
        LaterTurns.newTurn(loop); // before the sockets: what it hands on keeps the loop from waiting for them
        int handled = handler.run(context);
        LaterTurns.socketsRead();
        LoopClock.newTurn();
        return handled;
    }

    @Override
    public void initialize() {
        handler.initialize();
    }

    @Override
    public void prepareToDestroy() {
        handler.prepareToDestroy();
    }

    @Override
    public void destroy() {
        handler.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return handler.register(handle);
    }

    @Override
    public void wakeup() {
        handler.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return handler.isCompatible(handleType);
    }
}
