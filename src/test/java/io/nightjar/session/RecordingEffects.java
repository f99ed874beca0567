package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Records what a session wants done, one line each, and answers what it asks. */
final class RecordingEffects implements SessionEffects {
    final List<Packet> packets = new ArrayList<>();
    final List<Message> routed = new ArrayList<>();
    final List<DisconnectReason> ends = new ArrayList<>();
    final Map<String, List<Message>> retained = new HashMap<>();
    /** How many PUBLISH packets the send buffer still takes. */
    int writableFor = Integer.MAX_VALUE;
    /** How often more was to go in a later turn. */
    int goesOnLater;
    /** How many retained messages were pulled. */
    int pulled;
    /** How many subscribers match what is routed. */
    int matching = 1;
    /** How many other members a shared subscription has. */
    int members = 1;

    /** Why sessions ended. */
    final List<SessionEnd> sessionEnds = new ArrayList<>();
    /** What came of subscriptions, and which were given up. */
    final List<String> subscriptions = new ArrayList<>();

    /** Topics of messages that were put into the queue. */
    final List<String> queued = new ArrayList<>();

    private final List<String> lines = new ArrayList<>();

    /** What happened since the last call. */
    List<String> take() {
        List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }

    /** The PUBLISH packets since the last call of this or {@link #clear}. */
    List<Packet.Publish> publishes() {
        List<Packet.Publish> all = packets.stream()
                .filter(Packet.Publish.class::isInstance)
                .map(Packet.Publish.class::cast)
                .toList();
        clear();
        return all;
    }

    void clear() {
        packets.clear();
        lines.clear();
    }

    @Override
    public void sessionEnded(SessionEnd why) {
        sessionEnds.add(why);
    }

    @Override
    public void subscribed(String filter, ReasonCode code) {
        subscriptions.add(filter + " " + code);
    }

    @Override
    public void unsubscribed(String filter) {
        subscriptions.add(filter + " gone");
    }

    @Override
    public void end(DisconnectReason reason) {
        ends.add(reason);
        lines.add("end " + reason.reason() + "/" + reason.detail().word());
    }

    @Override
    public void attached(long attachment, boolean sessionPresent) {
        lines.add("attached " + attachment + " present=" + (sessionPresent ? 1 : 0));
    }

    @Override
    public void send(Packet packet) {
        packets.add(packet);
        if (packet instanceof Packet.Publish publish) {
            writableFor--;
            String id = publish.qos() == QoS.AT_MOST_ONCE ? "" : " #" + publish.packetId();
            lines.add(
                    "PUBLISH " + publish.topic() + " qos" + publish.qos().value() + id + (publish.dup() ? " dup" : ""));
        } else if (packet instanceof Packet.PubRel pubRel) {
            lines.add("PUBREL #" + pubRel.packetId() + " " + pubRel.code().hex());
        } else if (packet instanceof Packet.PubRec pubRec) {
            lines.add("PUBREC #" + pubRec.packetId() + " " + pubRec.code().hex());
        } else if (packet instanceof Packet.PubComp pubComp) {
            lines.add("PUBCOMP #" + pubComp.packetId() + " " + pubComp.code().hex());
        } else if (packet instanceof Packet.SubAck subAck) {
            lines.add("SUBACK #" + subAck.packetId() + " "
                    + subAck.codes().stream().map(code -> code.hex()).toList());
        } else if (packet instanceof Packet.UnsubAck unsubAck) {
            lines.add("UNSUBACK #" + unsubAck.packetId() + " "
                    + unsubAck.codes().stream().map(code -> code.hex()).toList());
        } else {
            throw new AssertionError("a session never sends " + packet.type());
        }
    }

    @Override
    public void goOnLater() {
        goesOnLater++;
    }

    @Override
    public boolean isWritable() {
        return writableFor > 0;
    }

    @Override
    public int route(Message message) {
        routed.add(message);
        lines.add("route " + message.topic());
        return matching;
    }

    @Override
    public boolean handOn(Delivery delivery) {
        lines.add("hand on " + delivery.message().topic() + (members > 0 ? "" : " to nobody"));
        return members > 0;
    }

    @Override
    public void subscribe(String filter, SubscriptionOptions options, int identifier) {
        lines.add("subscribe " + filter);
    }

    @Override
    public void unsubscribe(String filter) {
        lines.add("unsubscribe " + filter);
    }

    @Override
    public Iterator<Message> retained(String filter) {
        Iterator<Message> all = retained.getOrDefault(filter, List.of()).iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public Message next() {
                pulled++;
                return all.next();
            }
        };
    }

    @Override
    public void startTimer(Timer timer, long atMillis) {
        lines.add("start " + timer + " " + atMillis);
    }

    @Override
    public void cancelTimer(Timer timer) {
        lines.add("cancel " + timer);
    }

    @Override
    public void dropped(Drop why, Delivery delivery) {
        lines.add("dropped " + why + " " + delivery.message().topic());
    }

    @Override
    public void queued(Delivery delivery) {
        queued.add(delivery.message().topic());
    }

    @Override
    public void stop() {
        lines.add("stop");
    }
}
