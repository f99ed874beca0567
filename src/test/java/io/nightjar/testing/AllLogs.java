package io.nightjar.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** Every line of every logger of ours at every level, with what stands in exceptions. */
public final class AllLogs extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger ours = (Logger) LoggerFactory.getLogger("io.nightjar");
    private final Level before = ours.getLevel();
    public final Queue<String> lines = new ConcurrentLinkedQueue<>();

    public AllLogs() {
        ours.setLevel(Level.TRACE);
        start();
        root.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        String thrown = event.getThrowableProxy() == null
                ? ""
                : " " + event.getThrowableProxy().getMessage();
        lines.add(event.getFormattedMessage() + thrown);
    }

    @Override
    public void close() {
        root.detachAppender(this);
        ours.setLevel(before);
    }
}
