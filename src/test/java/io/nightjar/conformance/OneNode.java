package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Packets311.Connect;
import io.nightjar.testing.CapturedLog;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A node with the settings it is delivered with, for all tests of a class, and MQTT 3.1.1 clients of it. */
abstract class OneNode {
    private static final AtomicInteger NAMES = new AtomicInteger();

    @TempDir
    static Path directory;

    static TestBroker broker;
    private static CapturedLog log;

    @BeforeAll
    static void start() {
        log = new CapturedLog();
        broker = TestBroker.start(directory, "conformance", Map.of());
    }

    @AfterAll
    static void no_error_was_logged() {
        broker.close();
        log.close();
        assertThat(log.errors()).isEmpty();
    }

    /** A name that no other test of this node has, of letters and digits. */
    static String fresh(String prefix) {
        return prefix + NAMES.incrementAndGet();
    }

    /** A transport on which nothing was sent. */
    static HexClient transport() throws IOException {
        return new HexClient(broker.port());
    }

    static HexClient open(Connect connect) throws IOException {
        return HexClient.open(broker.port(), connect, Packets311.ACCEPTED);
    }

    /** With Clean Session 1. */
    static HexClient open(String clientId) throws IOException {
        return open(Connect.of(clientId));
    }

    /** With Clean Session 0, to a session that is there. */
    static HexClient resume(String clientId) throws IOException {
        return HexClient.open(broker.port(), Connect.of(clientId).stored(), Packets311.ACCEPTED_SESSION_PRESENT);
    }

    /** A client with a subscription that was granted as asked. */
    static HexClient subscriber(String filter, int qos) throws IOException {
        return open(fresh("sub")).send(Packets311.subscribe(1, filter, qos)).expect(Packets311.suback(1, qos));
    }
}
