package io.nightjar.actor;

import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the nodes' own actors say to each other. Sessions and connections do not appear here: what they say travels
 * inside {@link Batch}. {@code uid} is the incarnation of a node (its actor system's), so that a node that was restarted
 * is never taken for the one it was.
 */
sealed interface LinkMessage {
    /**
     * A node presents itself to another, again and again until it is welcome.
     *
     * @param messages where acknowledgements of its lane for messages go
     * @param sessions where acknowledgements of its lane for sessions go
     */
    record Hello(
            String node,
            long uid,
            ActorRef<LinkHub.Command> hub,
            ActorRef<PeerLinkSender.Command> messages,
            ActorRef<PeerLinkSender.Command> sessions)
            implements LinkMessage, LinkHub.Command {}

    /**
     * The answer: where the other node may send what.
     *
     * @param forUid incarnation that said hello
     */
    record Welcome(
            String node,
            long uid,
            long forUid,
            ActorRef<PeerLinkReceiver.Command> messages,
            ActorRef<PeerLinkReceiver.Command> sessions,
            ActorRef<RouteReplica.Command> routes,
            ActorRef<RetainedReplica.Command> retained)
            implements LinkMessage, LinkHub.Command {}

    /**
     * Pieces of one lane, in order.
     *
     * @param sequence from 1, without gaps
     * @param body see {@link PeerLinkSender}
     */
    record Batch(long sequence, byte[] body) implements LinkMessage, PeerLinkReceiver.Command {}

    /**
     * All batches up to this one arrived.
     *
     * @param gap whether the next one is missing while later ones arrived
     */
    record Ack(long sequence, boolean gap) implements LinkMessage, PeerLinkSender.Command {}

    /** Filters that a node has subscribers for since its last update, and those it has none for any more. */
    record RouteUpdate(long uid, long sequence, List<String> added, List<String> removed)
            implements LinkMessage, RouteReplica.Command {}

    /** What a node's filters are after its update of this number, in short. */
    record RouteDigest(long uid, long sequence, long digest, int count) implements LinkMessage, RouteReplica.Command {}

    /** Asks a node for all its filters. */
    record RoutePull(long uid) implements LinkMessage, RouteReplica.Command {}

    /**
     * A piece of all filters of a node as they are after its update of this number.
     *
     * @param part from 0, without gaps
     */
    record RouteSnapshot(long uid, long sequence, int part, boolean last, List<String> filters)
            implements LinkMessage, RouteReplica.Command {}

    /** Asks a node for all its retained messages; they come on the lane for messages. */
    record RetainedPull(long uid) implements LinkMessage, RetainedReplica.Command {}
}
