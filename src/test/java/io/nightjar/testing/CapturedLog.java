package io.nightjar.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/**
 * What the log of this JVM says from now until {@link #close}: the lines of {@code io.nightjar.ends} and everything at
 * ERROR, whoever wrote it. Any thread.
 */
public final class CapturedLog implements AutoCloseable {
    private final Logger ends = (Logger) LoggerFactory.getLogger("io.nightjar.ends");
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Lines endLines = new Lines(Level.INFO);
    private final Lines errorLines = new Lines(Level.ERROR);

    public CapturedLog() {
        ends.setLevel(Level.INFO);
        endLines.start();
        errorLines.start();
        ends.addAppender(endLines);
        root.addAppender(errorLines);
    }

    /** Every line about an end, in order. */
    public List<String> ends() {
        return List.copyOf(endLines.lines);
    }

    /** The lines about ends of connections with this ClientID; plain ClientIDs only. */
    public List<String> ends(String clientId) {
        String quoted = " clientid=\"" + clientId + "\" ";
        return ends().stream().filter(line -> line.contains(quoted)).toList();
    }

    /** The lines about ends of connections to this node. */
    public List<String> endsOfNode(String node) {
        String word = " node=" + node + " ";
        return ends().stream().filter(line -> line.contains(word)).toList();
    }

    /** The lines about ends of the connection from this local port of a client. */
    public List<String> endsOfPort(int port) {
        String peer = " peer=127.0.0.1:" + port + " ";
        return ends().stream().filter(line -> line.contains(peer)).toList();
    }

    /** Everything at ERROR. */
    public List<String> errors() {
        return List.copyOf(errorLines.lines);
    }

    @Override
    public void close() {
        ends.detachAppender(endLines);
        root.detachAppender(errorLines);
    }

    private static final class Lines extends AppenderBase<ILoggingEvent> {
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();
        private final Level least;

        Lines(Level least) {
            this.least = least;
        }

        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(least)) {
                IThrowableProxy thrown = event.getThrowableProxy();
                String fault = thrown == null ? "" : " " + thrown.getClassName() + ": " + thrown.getMessage();
                lines.add(event.getFormattedMessage() + fault);
            }
        }
    }
}
