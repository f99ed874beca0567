package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * One broker for all classes that are extended with this, started when the first needs it: with defaults, but for small
 * limits that tests can reach, and with {@code $denied/#} closed to everybody.
 */
final class StandardBroker implements BeforeAllCallback, AfterAllCallback {
    /** Receive Maximum toward the broker. */
    static final int RECEIVE_MAXIMUM = 10;

    /** QoS 2 messages that a session holds for their PUBREL. */
    static final int MOST_AWAITING_REL = 12;

    /** Subscriptions of a session. */
    static final int MOST_SUBSCRIPTIONS = 20;

    /** Topic Aliases toward the broker. */
    static final int TOPIC_ALIAS_MAXIMUM = 64;

    private static final Namespace NAMESPACE = Namespace.create(StandardBroker.class);

    private static Running running;

    @Override
    public void beforeAll(ExtensionContext context) {
        running = context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent("broker", key -> new Running(), Running.class);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        assertThat(running.log.errors()).isEmpty();
    }

    static int port() {
        return running.broker.port();
    }

    static TestBroker broker() {
        return running.broker;
    }

    static CapturedLog log() {
        return running.log;
    }

    private static final class Running implements AutoCloseable {
        final CapturedLog log = new CapturedLog();
        final Path directory;
        final TestBroker broker;

        Running() {
            try {
                directory = Files.createTempDirectory("nightjar-conformance");
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            broker = TestBroker.start(
                    directory,
                    "conformance",
                    Map.of(
                            "mqtt.receive-maximum",
                            Integer.toString(RECEIVE_MAXIMUM),
                            "mqtt.max-awaiting-rel",
                            Integer.toString(MOST_AWAITING_REL),
                            "mqtt.max-subscriptions",
                            Integer.toString(MOST_SUBSCRIPTIONS),
                            "mqtt.max-topic-alias",
                            Integer.toString(TOPIC_ALIAS_MAXIMUM),
                            "authorization.rules",
                            "[{ permission = deny, who = all, action = all, topics = [\"$denied/#\"] }]"));
        }

        @Override
        public void close() throws IOException {
            broker.close();
            log.close();
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
