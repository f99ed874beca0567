package io.nightjar.actor;

import io.nightjar.message.WireInput;
import io.nightjar.message.WireOutput;
import io.nightjar.metrics.Counters.Counter;
import java.io.NotSerializableException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The far end of one lane from one peer: takes batches in order, drops those it has seen, reports a gap once, joins
 * pieces and hands each whole item on. One acknowledgement answers all batches that were in the mailbox.
 */
final class PeerLinkReceiver extends AbstractBehavior<PeerLinkReceiver.Command> {
    /** What it understands; {@link LinkMessage.Batch} comes from the peer. */
    interface Command {}

    private enum AcknowledgeNow implements Command {
        INSTANCE
    }

    /** Largest item: the largest MQTT packet and what we add to it. */
    private static final int MOST_ITEM_BYTES = (1 << 28) + (1 << 20);

    private static final Logger log = LoggerFactory.getLogger(PeerLinkReceiver.class);

    /** Takes the items of a lane. */
    interface Items {
        /** @param kind the item's first byte, already read */
        void accept(long uid, int kind, WireInput in) throws NotSerializableException;
    }

    private final long uid;
    private final LinkNode node;
    private final ActorRef<PeerLinkSender.Command> sender;
    private final Items items;
    private @Nullable WireOutput partial;
    private long received;
    private boolean gap;
    private boolean acknowledging;

    static Behavior<Command> create(long uid, LinkNode node, ActorRef<PeerLinkSender.Command> sender, Items items) {
        return Behaviors.setup(context -> new PeerLinkReceiver(context, uid, node, sender, items));
    }

    private PeerLinkReceiver(
            ActorContext<Command> context,
            long uid,
            LinkNode node,
            ActorRef<PeerLinkSender.Command> sender,
            Items items) {
        super(context);
        this.uid = uid;
        this.node = node;
        this.sender = sender;
        this.items = items;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(LinkMessage.Batch.class, this::onBatch)
                .onMessage(AcknowledgeNow.class, now -> acknowledge())
                .build();
    }

    private Behavior<Command> onBatch(LinkMessage.Batch batch) {
        if (batch.sequence() == received + 1) {
            received++;
            gap = false;
            read(new WireInput(batch.body()));
        } else if (batch.sequence() > received) {
            gap = true;
        }
        if (!acknowledging) {
            acknowledging = true;
            getContext().getSelf().tell(AcknowledgeNow.INSTANCE);
        }
        return this;
    }

    private Behavior<Command> acknowledge() {
        acknowledging = false;
        node.send(sender, new LinkMessage.Ack(received, gap));
        return this;
    }

    private void read(WireInput body) {
        try {
            while (body.remaining() > 0) {
                int header = body.readInt();
                piece(body.slice(header >>> 1), (header & 1) != 0);
            }
        } catch (NotSerializableException e) {
            partial = null;
            node.counters().increment(Counter.BAD_PEER_ITEMS);
            log.error("event=bad_batch peer={} sequence={} error=\"{}\"", uid, received, e.getMessage());
        }
    }

    private void piece(WireInput piece, boolean more) throws NotSerializableException {
        if (!more && partial == null) {
            item(piece);
            return;
        }
        WireOutput whole = partial == null ? new WireOutput(piece.remaining() * 2) : partial;
        if (whole.size() + piece.remaining() > MOST_ITEM_BYTES) {
            throw piece.bad("an item is larger than " + MOST_ITEM_BYTES + " bytes");
        }
        byte[] bytes = piece.take(piece.remaining());
        whole.write(bytes, 0, bytes.length);
        partial = more ? whole : null;
        if (!more) {
            item(new WireInput(whole.toArray()));
        }
    }

    /** An item that cannot be read, or on which our own code fails, is lost alone: the ones after it must come. */
    private void item(WireInput item) {
        try {
            items.accept(uid, item.readByte(), item);
        } catch (NotSerializableException e) {
            node.counters().increment(Counter.BAD_PEER_ITEMS);
            log.error("event=bad_link_item peer={} sequence={} error=\"{}\"", uid, received, e.getMessage());
        } catch (RuntimeException e) {
            node.counters().increment(Counter.BAD_PEER_ITEMS);
            log.error("event=link_item_failed peer={} sequence={}", uid, received, e);
        }
    }
}
