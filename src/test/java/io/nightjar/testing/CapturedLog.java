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
        return endLines.texts();
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

    /** The lines about ends of the connection from this local port of a client, not of one that had the port before. */
    public List<String> endsOfPort(int port) {
        String peer = " peer=127.0.0.1:" + port + " ";
        long since = RawMqttClient.openedAtMillis(port);
        return endLines.lines.stream()
                .filter(line -> line.atMillis >= since && line.text.contains(peer))
                .map(Line::text)
                .toList();
    }

    /** Everything at ERROR. */
    public List<String> errors() {
        return errorLines.texts();
    }

    @Override
    public void close() {
        ends.detachAppender(endLines);
        root.detachAppender(errorLines);
    }

    private record Line(long atMillis, String text) {}

    private static final class Lines extends AppenderBase<ILoggingEvent> {
        private final Queue<Line> lines = new ConcurrentLinkedQueue<>();
        private final Level least;

        Lines(Level least) {
            this.least = least;
        }

        List<String> texts() {
            return lines.stream().map(Line::text).toList();
        }

        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(least)) {
                IThrowableProxy thrown = event.getThrowableProxy();
                String fault = thrown == null ? "" : " " + thrown.getClassName() + ": " + thrown.getMessage();
                lines.add(new Line(event.getTimeStamp(), event.getFormattedMessage() + fault));
            }
        }
    }
}
