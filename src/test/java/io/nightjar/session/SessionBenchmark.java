package io.nightjar.session;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time and, with {@code -prof gc}, memory of Session State for one message, from its delivery to the last acknowledgement:
 * everything but the actor, the codec and the socket.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SessionBenchmark {
    private static final long NOW = 1_000_000;

    private final Effects effects = new Effects();
    private final Effects queueEffects = new Effects();
    private SessionState session;
    private SessionState oneInFlight;
    private Delivery qos0;
    private Delivery qos1;
    private Delivery qos2;

    @Setup
    public void attach() {
        session = subscribed(100, effects);
        oneInFlight = subscribed(1, queueEffects);
        qos0 = delivery(QoS.AT_MOST_ONCE);
        qos1 = delivery(QoS.AT_LEAST_ONCE);
        qos2 = delivery(QoS.EXACTLY_ONCE);
    }

    private static SessionState subscribed(int receiveMaximum, Effects effects) {
        SessionState session = new SessionState("c", new SessionLimits(1000, 1 << 20, true, 100));
        session.attach(
                SessionFixture.Request.resume().receiveMaximum(receiveMaximum).build(), NOW, effects);
        SubscriptionRequest all =
                new SubscriptionRequest("site/+/temperature", SubscriptionOptions.of(QoS.EXACTLY_ONCE));
        session.subscribe(
                session.attachment(),
                new Packet.Subscribe(1, Properties.NONE, List.of(all)),
                List.of(ReasonCode.SUCCESS),
                NOW,
                effects);
        return session;
    }

    private static Delivery delivery(QoS qos) {
        Message message = new Message(
                "site/7/temperature", Bytes.wrap(new byte[64]), qos, false, Properties.NONE, "publisher", NOW);
        return new Delivery(message, qos, false, List.of(), null);
    }

    /** PUBLISH. */
    @Benchmark
    public Packet deliverQos0() {
        session.deliver(qos0, NOW, effects);
        return effects.last();
    }

    /** PUBLISH, PUBACK. */
    @Benchmark
    public int deliverQos1() {
        session.deliver(qos1, NOW, effects);
        acknowledge(session, effects, PacketType.PUBACK, effects.packetId);
        return session.inflightCount();
    }

    /** PUBLISH, PUBREC, PUBREL, PUBCOMP. */
    @Benchmark
    public int deliverQos2() {
        session.deliver(qos2, NOW, effects);
        int id = effects.packetId;
        acknowledge(session, effects, PacketType.PUBREC, id);
        acknowledge(session, effects, PacketType.PUBCOMP, id);
        return session.inflightCount();
    }

    /** Two messages where the client takes one at a time: the second waits in the queue for the PUBACK of the first. */
    @Benchmark
    public int deliverTwoOfQos1ThroughTheQueue() {
        oneInFlight.deliver(qos1, NOW, queueEffects);
        oneInFlight.deliver(qos1, NOW, queueEffects);
        acknowledge(oneInFlight, queueEffects, PacketType.PUBACK, queueEffects.packetId);
        acknowledge(oneInFlight, queueEffects, PacketType.PUBACK, queueEffects.packetId);
        return oneInFlight.queueLength();
    }

    /** The client's PUBLISH, routed; PUBREC, PUBREL, PUBCOMP. */
    @Benchmark
    public int receiveQos2() {
        session.publishQos2(session.attachment(), 7, qos2.message(), ReasonCode.SUCCESS, NOW, effects);
        acknowledge(session, effects, PacketType.PUBREL, 7);
        return session.awaitingRelCount();
    }

    private static void acknowledge(SessionState session, Effects effects, PacketType type, int packetId) {
        session.acknowledge(session.attachment(), type, packetId, ReasonCode.SUCCESS, NOW, effects);
    }

    /** A socket and a router that take everything and keep the last packet only. */
    private static final class Effects implements SessionEffects {
        private Packet last = new Packet.PubAck(1, ReasonCode.SUCCESS);
        private int packetId;

        Packet last() {
            return last;
        }

        @Override
        public void send(Packet packet) {
            last = packet;
            if (packet instanceof Packet.Publish publish) {
                packetId = publish.packetId();
            }
        }

        @Override
        public void goOnLater() {
            throw new IllegalStateException("nothing waits here");
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public int route(Message message) {
            return 1;
        }

        @Override
        public boolean handOn(Delivery delivery) {
            return false;
        }

        @Override
        public Iterator<Message> retained(String filter) {
            return Collections.emptyIterator();
        }

        @Override
        public void dropped(Drop why, Delivery delivery) {
            throw new IllegalStateException("a message was dropped: " + why.word());
        }

        @Override
        public void end(DisconnectReason reason) {}

        @Override
        public void attached(long attachment, boolean sessionPresent) {}

        @Override
        public void subscribe(String filter, SubscriptionOptions options, int identifier) {}

        @Override
        public void unsubscribe(String filter) {}

        @Override
        public void startTimer(Timer timer, long atMillis) {}

        @Override
        public void cancelTimer(Timer timer) {}

        @Override
        public void stop() {}
    }
}
