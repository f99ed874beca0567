package io.nightjar.actor;

import io.nightjar.message.Wire;
import io.nightjar.message.WireInput;
import io.nightjar.mqtt.Message;
import io.nightjar.routing.Retained;
import io.nightjar.routing.RetainedMessages;
import java.io.NotSerializableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps every node's copy of the retained messages whole: a node that meets another asks for all it has, and it comes on
 * the lane for messages, paced by that lane, between what is published meanwhile. Which message of a topic is the later
 * one {@link RetainedMessages} decides, so the order of arrival does not matter. Asked again when a lane had to drop an
 * update.
 */
final class RetainedReplica extends AbstractBehavior<RetainedReplica.Command> {
    /** What it understands; {@link LinkMessage.RetainedPull} comes from peers. */
    interface Command {}

    record PeerUp(PeerLink link, ActorRef<Command> retained) implements Command {}

    record PeerDown(PeerLink link) implements Command {}

    /** A peer's lane dropped an update for us: fetch everything of it again. */
    record UpdateLost(long uid) implements Command {}

    private enum Pump implements Command {
        INSTANCE
    }

    /** Messages that one peer gets before the others have their turn. */
    private static final int TURN = 256;

    private static final Duration WAIT = Duration.ofMillis(50);

    private final LinkNode node;
    private final RetainedMessages messages;
    private final TimerScheduler<Command> timers;
    private final Map<Long, Peer> peers = new HashMap<>();
    private boolean pumping;

    static Behavior<Command> create(LinkNode node, RetainedMessages messages) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new RetainedReplica(context, timers, node, messages)));
    }

    private RetainedReplica(
            ActorContext<Command> context, TimerScheduler<Command> timers, LinkNode node, RetainedMessages messages) {
        super(context);
        this.timers = timers;
        this.node = node;
        this.messages = messages;
    }

    /** Reads what {@link LinkItems#RETAINED} holds and stores it. */
    static void store(WireInput in, RetainedMessages messages) throws NotSerializableException {
        String origin = in.readString();
        Message message = Wire.readMessage(in);
        messages.store(message, origin);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(PeerUp.class, this::onPeerUp)
                .onMessage(PeerDown.class, this::onPeerDown)
                .onMessage(LinkMessage.RetainedPull.class, this::onPull)
                .onMessage(UpdateLost.class, this::onUpdateLost)
                .onMessage(Pump.class, pump -> onPump())
                .build();
    }

    private Behavior<Command> onPeerUp(PeerUp up) {
        if (peers.putIfAbsent(up.link().uid(), new Peer(up.link(), up.retained())) == null) {
            // Both sides push when they meet: no request is needed, and none can be lost.
            start(up.link().uid());
        }
        return this;
    }

    private Behavior<Command> onPeerDown(PeerDown down) {
        peers.remove(down.link().uid());
        return this;
    }

    private Behavior<Command> onUpdateLost(UpdateLost lost) {
        Peer peer = peers.get(lost.uid());
        if (peer != null) {
            node.send(peer.retained, new LinkMessage.RetainedPull(node.uid()));
        }
        return this;
    }

    private Behavior<Command> onPull(LinkMessage.RetainedPull pull) {
        start(pull.uid());
        return this;
    }

    private void start(long uid) {
        Peer peer = peers.get(uid);
        if (peer != null) {
            peer.rest = messages.snapshot();
            if (!pumping) {
                pumping = true;
                getContext().getSelf().tell(Pump.INSTANCE);
            }
        }
    }

    private Behavior<Command> onPump() {
        boolean waits = false;
        boolean more = false;
        for (Peer peer : peers.values()) {
            int sent = 0;
            while (sent < TURN && peer.rest.hasNext() && !peer.link.isCongested()) {
                Retained retained = peer.rest.next();
                peer.link.forwardRetained(retained.message(), retained.origin());
                sent++;
            }
            waits |= peer.rest.hasNext();
            more |= sent == TURN;
        }
        pumping = waits;
        if (more && waits) {
            getContext().getSelf().tell(Pump.INSTANCE);
        } else if (waits) {
            timers.startSingleTimer(Pump.INSTANCE, WAIT);
        }
        return this;
    }

    private static final class Peer {
        private final PeerLink link;
        private final ActorRef<Command> retained;
        private Iterator<Retained> rest = java.util.Collections.emptyIterator();

        Peer(PeerLink link, ActorRef<Command> retained) {
            this.link = link;
            this.retained = retained;
        }
    }
}
