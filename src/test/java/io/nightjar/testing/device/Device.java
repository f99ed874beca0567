package io.nightjar.testing.device;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A client that others wrote, driven alike whoever wrote it, so that one scenario runs with each. Acknowledges by itself.
 * Use it from one thread.
 */
public abstract class Device implements AutoCloseable {
    /** How long anything may take. */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private final BlockingQueue<Note> inbox = new LinkedBlockingQueue<>();

    /**
     * What CONNECT says. A stored session is kept for ten minutes by clients of MQTT 5.
     *
     * @param stored Clean Session or Clean Start 0
     * @param will null for none
     */
    public record Connect(int port, String clientId, boolean stored, Note will) {}

    /**
     * A message. What only MQTT 5 has is empty for other clients.
     *
     * @param userProperties each as {@code name:value}, in order
     * @param responseTopic empty for none
     * @param correlation correlation data as text, empty for none
     */
    public record Note(
            String topic,
            String payload,
            int qos,
            boolean retain,
            List<String> userProperties,
            String responseTopic,
            String correlation) {
        public static Note of(String topic, String payload, int qos) {
            return new Note(topic, payload, qos, false, List.of(), "", "");
        }

        public Note retained(boolean set) {
            return new Note(topic, payload, qos, set, userProperties, responseTopic, correlation);
        }

        /** With a QoS that a subscription lowered it to. */
        public Note atMost(int granted) {
            return new Note(topic, payload, Math.min(qos, granted), retain, userProperties, responseTopic, correlation);
        }
    }

    /** Subscribes and waits until it is granted. */
    public abstract void subscribe(String filter, int qos) throws Exception;

    /** Publishes and waits until its exchange is complete. */
    public abstract void publish(Note note) throws Exception;

    /** Leaves with DISCONNECT; the server has it when this returns. */
    public abstract void disconnect() throws Exception;

    /** Lets go of everything, connected or not. */
    @Override
    public abstract void close();

    /** The next message that came. */
    public final Note take() throws InterruptedException {
        Note note = inbox.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (note == null) {
            throw new AssertionError("no message came");
        }
        return note;
    }

    /** Whether messages came that nobody took. */
    public final boolean hasMore() {
        return !inbox.isEmpty();
    }

    /** On whatever thread of the client. */
    final void arrived(Note note) {
        inbox.add(note);
    }
}
