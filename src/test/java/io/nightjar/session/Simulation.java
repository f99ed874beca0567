package io.nightjar.session;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.Will;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A small world: devices, connections, sessions, a router and a clock that only the simulation moves. Which of all that
 * could happen next happens next is drawn from the seed, so commands of old connections come late, connections die at
 * any point, several fight for one ClientID, and timers fire late or after they were cancelled.
 */
final class Simulation {
    private static final Detail[] LOSSES = {
        Detail.PEER_FIN, Detail.PEER_RESET, Detail.KEEP_ALIVE, Detail.PROTOCOL_ERROR, Detail.TIMED_OUT
    };

    final List<SimulatedConnection> connections = new ArrayList<>();
    long now = 1_000_000;

    private final Random random;
    private final List<SimulatedDevice> devices = new ArrayList<>();
    private final List<SimulatedConnection> over = new ArrayList<>();
    private final Map<String, Map<SimulatedSession, SubscriptionOptions>> routes = new HashMap<>();
    /** Messages on their way from one publisher at one QoS to one session, in order. */
    private final Map<String, ArrayDeque<Runnable>> deliveries = new HashMap<>();

    private final List<ArrayDeque<Runnable>> underWay = new ArrayList<>();

    private final Map<String, Integer> wills = new HashMap<>();
    private int lastWill;

    Simulation(long seed, int clients) {
        random = new Random(seed);
        for (int i = 0; i < clients; i++) {
            devices.add(new SimulatedDevice(new SimulatedSession("c" + i, this), this));
        }
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("does not hold: " + what);
        }
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    int random(int bound) {
        return random.nextInt(bound);
    }

    private <T> @Nullable T any(List<T> list) {
        return list.isEmpty() ? null : list.get(random.nextInt(list.size()));
    }

    // The router

    void subscribe(String filter, SimulatedSession session, SubscriptionOptions options) {
        routes.computeIfAbsent(filter, f -> new LinkedHashMap<>()).put(session, options);
    }

    void unsubscribe(String filter, SimulatedSession session) {
        check(routes.getOrDefault(filter, Map.of()).containsKey(session), "only what was subscribed is unsubscribed");
        routes.get(filter).remove(session);
    }

    boolean hasRoutes(SimulatedSession session) {
        return routes.values().stream().anyMatch(subscribers -> subscribers.containsKey(session));
    }

    void route(Message message) {
        routes.getOrDefault(message.topic(), Map.of()).forEach((session, options) -> {
            QoS qos = QoS.min(message.qos(), options.qos());
            Delivery delivery = new Delivery(message, qos, false, List.of(), null);
            String key = message.publisher() + ">" + session.clientId + (message.qos() == QoS.EXACTLY_ONCE ? "2" : "");
            ArrayDeque<Runnable> line = deliveries.computeIfAbsent(key, k -> new ArrayDeque<>());
            if (line.isEmpty()) {
                underWay.add(line);
            }
            line.add(() -> session.deliver(delivery));
        });
    }

    void willPublished(String topic) {
        check(wills.merge(topic, 1, Integer::sum) == 1, "a Will is published once");
    }

    // What may happen

    void step() {
        SimulatedDevice device = devices.get(random(devices.size()));
        int dice = random(1000);
        if (dice < 330) {
            read(any(connections));
        } else if (dice < 580) {
            arrive(any(connections));
        } else if (dice < 760) {
            route();
        } else if (dice < 900) {
            device.publish();
        } else if (dice < 930) {
            if (!device.isHealthy() || chance(15)) {
                device.open(request());
            }
        } else if (dice < 950) {
            now += random(1500);
            fireTimers();
        } else if (dice < 965) {
            lose(any(connections));
        } else if (dice < 972) {
            disconnect(device);
        } else if (dice < 985) {
            device.subscribe();
        } else if (dice < 990) {
            device.unsubscribe();
        } else if (dice < 993) {
            device.session.kick(chance(50));
        } else if (dice < 995) {
            device.session.nodeLost();
        } else {
            device.session.timer(chance(50) ? SessionEffects.Timer.EXPIRY : SessionEffects.Timer.WILL_DELAY);
        }
        device.session.checkBounds();
    }

    private void read(@Nullable SimulatedConnection connection) {
        if (connection == null) {
            return;
        }
        Runnable command = connection.toSession.poll();
        if (command != null) {
            command.run();
            connection.session.checkBounds();
        }
        if (connection.isOver()) {
            connections.remove(connection);
            over.add(connection);
        }
    }

    private void arrive(@Nullable SimulatedConnection connection) {
        Object what = connection == null ? null : connection.toDevice.poll();
        if (connection == null || what == null) {
            return;
        }
        connection.device.receive(connection, what);
        if (connection.full && connection.toDevice.size() < 3) {
            connection.full = false;
            connection.toSession.add(() -> connection.session.writable(connection));
        }
    }

    private void route() {
        ArrayDeque<Runnable> line = any(underWay);
        if (line == null) {
            return;
        }
        Runnable next = line.remove();
        if (line.isEmpty()) {
            underWay.remove(line);
        }
        next.run();
    }

    private void lose(@Nullable SimulatedConnection connection) {
        if (connection != null) {
            connection.close(LOSSES[random(LOSSES.length)], null);
        }
    }

    private void disconnect(SimulatedDevice device) {
        SimulatedConnection connection = device.connection;
        if (connection == null || !device.isHealthy()) {
            return;
        }
        boolean raise = connection.request.sessionExpirySeconds() > 0 && chance(30);
        Detail detail = chance(70) ? Detail.DISCONNECT : Detail.DISCONNECT_WITH_WILL;
        connection.close(detail, raise ? Long.valueOf(random(20)) : null);
    }

    private void fireTimers() {
        for (SimulatedDevice device : devices) {
            Map<SessionEffects.Timer, Long> timers = device.session.timers;
            for (SessionEffects.Timer timer : List.copyOf(timers.keySet())) {
                if (timers.getOrDefault(timer, Long.MAX_VALUE) <= now && chance(60)) {
                    device.session.timer(timer);
                    device.session.checkBounds();
                }
            }
        }
    }

    private AttachRequest request() {
        boolean v5 = chance(70);
        boolean clean = chance(10);
        long expiry = v5 ? List.of(0L, 3L, 10L, AttachRequest.EXPIRY_NEVER).get(random(4)) : clean ? 0 : 1000;
        return request(v5 ? MqttVersion.V5 : MqttVersion.V3_1_1, clean, expiry, chance(50) ? will(v5) : null);
    }

    private AttachRequest request(MqttVersion version, boolean clean, long expiry, @Nullable Will will) {
        String peer = "10.0.0." + random(3) + ":" + random(60_000);
        int window = 1 + random(8);
        return new AttachRequest(
                version,
                clean,
                expiry,
                expiry,
                window,
                Integer.MAX_VALUE,
                60,
                will,
                null,
                peer,
                "n" + random(2),
                SimulatedSession.MAX_SUBSCRIPTIONS,
                null);
    }

    private Will will(boolean v5) {
        Properties properties =
                v5 && chance(50) ? Properties.of(Property.WILL_DELAY_INTERVAL, 1L + random(10)) : Properties.NONE;
        return new Will("will/" + ++lastWill, Bytes.EMPTY, QoS.AT_LEAST_ONCE, false, properties);
    }

    // The end

    /** The storm is over: every device comes back and stays until all is delivered; then everything must add up. */
    void settle() {
        boolean busy = true;
        for (int turn = 0; busy; turn++) {
            check(turn < 100_000, "the world comes to rest");
            busy = false;
            for (SimulatedDevice device : devices) {
                if (device.connection == null || device.connection.ended != null) {
                    device.open(request(MqttVersion.V5, false, AttachRequest.EXPIRY_NEVER, null));
                }
            }
            for (SimulatedConnection connection : List.copyOf(connections)) {
                if (connection != connection.device.connection) {
                    lose(connection);
                }
                busy |= !connection.toSession.isEmpty() || !connection.toDevice.isEmpty() || connection.ended != null;
                read(connection);
                arrive(connection);
            }
            busy |= !underWay.isEmpty();
            route();
        }
        devices.forEach(this::checkAtRest);
        checkEnds();
    }

    private void checkAtRest(SimulatedDevice device) {
        SessionState state = device.session.state;
        check(device.isHealthy() && device.session.current == device.connection, "every device is attached");
        check(state.inflightCount() == 0, "nothing is in flight");
        check(state.queueLength() == 0, "nothing waits");
        check(state.awaitingRelCount() == 0, "no PUBREL is missing");
        device.checkComplete();
        device.session.checkBounds();
    }

    private void checkEnds() {
        for (SimulatedConnection open : connections) {
            check(open.ended == null && open == open.session.current, "an open connection has its session");
        }
        for (SimulatedConnection gone : over) {
            check(gone.ended != null, "a connection ends with a reason");
            Will will = gone.request.will();
            if (will != null && will.delaySeconds() == 0) {
                boolean due = gone.lostSession != null && gone.lostSession != Detail.DISCONNECT;
                check(wills.containsKey(will.topic()) == due, "a Will without delay is published unless discarded");
            }
        }
    }
}
