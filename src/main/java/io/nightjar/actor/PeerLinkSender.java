package io.nightjar.actor;

import io.nightjar.message.WireOutput;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Takes the items of one {@link PeerLink} to the peer in numbered batches. At most a window of batches is under way;
 * what the peer reports missing, or does not acknowledge in time, is sent again from the first one missing (go back n:
 * Artery hardly ever loses, and when it does it loses a stretch).
 *
 * <p>A batch's body is a run of pieces: length in bytes times two, plus one if the item goes on in the next piece; then
 * the bytes. So an item of any size crosses in frames of {@link LinkSettings#batchBytes}.
 */
final class PeerLinkSender extends AbstractBehavior<PeerLinkSender.Command> {
    /** What it understands; {@link LinkMessage.Ack} comes from the peer. */
    interface Command {}

    /** There are items. */
    enum Wake implements Command {
        INSTANCE
    }

    /** The peer is ready to receive here. */
    record Connected(ActorRef<PeerLinkReceiver.Command> receiver) implements Command {}

    private enum Tick implements Command {
        INSTANCE
    }

    private final PeerLink link;
    private final LinkNode node;
    private final LinkSettings settings;
    private final Counters counters;
    private final Deque<LinkMessage.Batch> underWay = new ArrayDeque<>();
    private @Nullable ActorRef<PeerLinkReceiver.Command> receiver;
    private byte @Nullable [] item;
    private int itemOffset;
    private long lastSequence;
    private long lastGap = -1;
    private long oldestAtTick;
    private long recoveringUpTo;

    static Behavior<Command> create(PeerLink link, LinkNode node, LinkSettings settings, Counters counters) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new PeerLinkSender(context, timers, link, node, settings, counters)));
    }

    private PeerLinkSender(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            PeerLink link,
            LinkNode node,
            LinkSettings settings,
            Counters counters) {
        super(context);
        this.link = link;
        this.node = node;
        this.settings = settings;
        this.counters = counters;
        timers.startTimerWithFixedDelay(Tick.INSTANCE, settings.resendAfter());
        link.sender(context.getSelf());
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(LinkMessage.Ack.class, this::onAck)
                .onMessage(Wake.class, wake -> drain())
                .onMessage(Connected.class, this::onConnected)
                .onMessage(Tick.class, tick -> onTick())
                .build();
    }

    private Behavior<Command> onConnected(Connected connected) {
        if (receiver == null) {
            receiver = connected.receiver();
        }
        return drain();
    }

    private Behavior<Command> onAck(LinkMessage.Ack ack) {
        boolean progress = false;
        while (!underWay.isEmpty() && underWay.getFirst().sequence() <= ack.sequence()) {
            underWay.removeFirst();
            progress = true;
        }
        boolean news = ack.gap() && ack.sequence() != lastGap;
        boolean recovered = progress && ack.sequence() < recoveringUpTo;
        if (news || recovered) {
            lastGap = ack.sequence();
            recoveringUpTo = 0;
            counters.add(Counter.PEER_RESENDS, underWay.size());
            underWay.forEach(this::send);
        }
        return drain();
    }

    /**
     * Sends the oldest batch again if it was under way for a whole period. Only that one: while a peer cannot be
     * reached, what is sent piles up below us. Its acknowledgement says whether the others are missing too.
     */
    private Behavior<Command> onTick() {
        LinkMessage.Batch oldest = underWay.peekFirst();
        if (oldest != null && oldest.sequence() == oldestAtTick) {
            recoveringUpTo = underWay.getLast().sequence();
            counters.increment(Counter.PEER_RESENDS);
            send(oldest);
        }
        oldestAtTick = oldest == null ? 0 : oldest.sequence();
        return this;
    }

    private Behavior<Command> drain() {
        if (receiver == null) {
            return this;
        }
        while (underWay.size() < settings.windowBatches()) {
            LinkMessage.Batch batch = fill();
            if (batch == null) {
                link.asleep();
                return this;
            }
            underWay.addLast(batch);
            send(batch);
        }
        return this;
    }

    /** The next batch, or null if nothing waits. */
    private LinkMessage.@Nullable Batch fill() {
        WireOutput body = null;
        for (int items = 0; items < settings.batchMessages(); ) {
            if (item == null) {
                item = link.poll();
                itemOffset = 0;
            }
            byte[] now = item;
            if (now == null) {
                break;
            }
            if (body == null) {
                body = new WireOutput(Math.min(settings.batchBytes(), now.length * 2) + 16);
            }
            int room = settings.batchBytes() - body.size();
            int rest = now.length - itemOffset;
            if (room <= 0 || rest > room && body.size() > settings.batchBytes() / 2) {
                break;
            }
            int piece = Math.min(rest, room);
            body.writeInt(piece << 1 | (piece < rest ? 1 : 0));
            body.write(now, itemOffset, piece);
            itemOffset += piece;
            if (piece == rest) {
                item = null;
                items++;
            }
        }
        return body == null ? null : new LinkMessage.Batch(++lastSequence, body.toArray());
    }

    private void send(LinkMessage.Batch batch) {
        ActorRef<PeerLinkReceiver.Command> to = receiver;
        if (to != null) {
            node.send(to, batch);
        }
    }
}
