package io.nightjar.actor;

import io.nightjar.message.Wire;
import io.nightjar.message.WireInput;
import io.nightjar.mqtt.Message;
import io.nightjar.routing.RetainedMessages;
import io.nightjar.routing.Router;
import java.io.NotSerializableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Meets the other nodes. For each member of the cluster it keeps two lanes and says {@link LinkMessage.Hello} to the hub
 * at the same path there, every {@link #TICK}, until that one welcomes it; for whoever says hello it sets up the
 * receiving ends. A member that is down or removed loses everything at once and {@code nodeLost} hears its name.
 *
 * <p>Membership is the only source: the receptionist would say the same some seconds later, and only for nodes whose
 * distributed data is already in step.
 */
final class LinkHub extends AbstractBehavior<LinkHub.Command> {
    /** What it understands; {@link LinkMessage.Hello} and {@link LinkMessage.Welcome} come from other hubs. */
    interface Command {}

    /** Name of this actor below {@code /system} on every node. */
    static final String NAME = "nightjar-links";

    private static final Duration TICK = Duration.ofMillis(500);
    private static final Logger log = LoggerFactory.getLogger(LinkHub.class);

    private enum Tick implements Command {
        INSTANCE
    }

    private record MemberChanged(ClusterEvent.MemberEvent event) implements Command {}

    private record ReachabilityChanged(ClusterEvent.ReachabilityEvent event) implements Command {}

    private final LinkNode node;
    private final Router router;
    private final RetainedMessages messages;
    private final Consumer<String> nodeLost;
    private final ActorRef<RouteReplica.Command> routes;
    private final ActorRef<RetainedReplica.Command> retained;
    private final Map<Long, Peer> peers = new HashMap<>();
    private int ticks;

    static Behavior<Command> create(
            LinkNode node, Router router, RetainedMessages messages, Consumer<String> nodeLost) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new LinkHub(context, timers, node, router, messages, nodeLost)));
    }

    private LinkHub(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            LinkNode node,
            Router router,
            RetainedMessages messages,
            Consumer<String> nodeLost) {
        super(context);
        this.node = node;
        this.router = router;
        this.messages = messages;
        this.nodeLost = nodeLost;
        this.routes = context.spawn(RouteReplica.create(node, router, node.settings(), node.counters()), "routes");
        this.retained = context.spawn(RetainedReplica.create(node, messages), "retained");
        ActorRef<ClusterEvent.MemberEvent> changes =
                context.messageAdapter(ClusterEvent.MemberEvent.class, MemberChanged::new);
        Cluster.get(context.getSystem())
                .subscriptions()
                .tell(Subscribe.create(changes, ClusterEvent.MemberEvent.class));
        ActorRef<ClusterEvent.ReachabilityEvent> reachability =
                context.messageAdapter(ClusterEvent.ReachabilityEvent.class, ReachabilityChanged::new);
        Cluster.get(context.getSystem())
                .subscriptions()
                .tell(Subscribe.create(reachability, ClusterEvent.ReachabilityEvent.class));
        timers.startTimerWithFixedDelay(Tick.INSTANCE, TICK);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(LinkMessage.Hello.class, this::onHello)
                .onMessage(LinkMessage.Welcome.class, this::onWelcome)
                .onMessage(MemberChanged.class, this::onMemberChanged)
                .onMessage(ReachabilityChanged.class, this::onReachabilityChanged)
                .onMessage(Tick.class, tick -> onTick())
                .build();
    }

    private Behavior<Command> onMemberChanged(MemberChanged changed) {
        Member member = changed.event().member();
        long uid = member.uniqueAddress().longUid();
        MemberStatus status = member.status();
        if (uid == node.uid()) {
            return this;
        }
        if (status.equals(MemberStatus.down()) || status.equals(MemberStatus.removed())) {
            lose(uid);
        } else if (!peers.containsKey(uid)) {
            Peer peer = meet(uid, member.address());
            peers.put(uid, peer);
            hello(peer);
        }
        return this;
    }

    private Behavior<Command> onReachabilityChanged(ReachabilityChanged changed) {
        Peer peer = peers.get(changed.event().member().uniqueAddress().longUid());
        if (peer != null) {
            boolean reachable = changed.event() instanceof ClusterEvent.ReachableMember;
            peer.lanes.messages().reachable(reachable);
            peer.lanes.sessions().reachable(reachable);
        }
        return this;
    }

    private Peer meet(long uid, Address address) {
        LinkNode.Lanes lanes = node.lanes(uid);
        ActorRef<PeerLinkSender.Command> messageSender = getContext()
                .spawn(
                        PeerLinkSender.create(lanes.messages(), node, node.settings(), node.counters()),
                        "messages-to-" + Long.toHexString(uid));
        ActorRef<PeerLinkSender.Command> sessionSender = getContext()
                .spawn(
                        PeerLinkSender.create(lanes.sessions(), node, node.settings(), node.counters()),
                        "sessions-to-" + Long.toHexString(uid));
        ActorRef<Command> hub =
                ActorRefResolver.get(getContext().getSystem()).resolveActorRef(address + "/system/" + NAME);
        return new Peer(uid, lanes, hub, messageSender, sessionSender);
    }

    private void hello(Peer peer) {
        node.send(
                peer.hub,
                new LinkMessage.Hello(
                        node.name(), node.uid(), getContext().getSelf(), peer.messageSender, peer.sessionSender));
    }

    private Behavior<Command> onHello(LinkMessage.Hello hello) {
        Peer peer = peers.get(hello.uid());
        if (peer == null) {
            // Not a member yet as far as we know: it will say hello again.
            return this;
        }
        peer.named(hello.node());
        if (peer.messageReceiver == null || peer.sessionReceiver == null) {
            String suffix = "-from-" + Long.toHexString(peer.uid);
            peer.messageReceiver = getContext()
                    .spawn(
                            PeerLinkReceiver.create(peer.uid, node, hello.messages(), this::onItem),
                            "messages" + suffix);
            peer.sessionReceiver = getContext()
                    .spawn(
                            PeerLinkReceiver.create(peer.uid, node, hello.sessions(), new ConnectionGateway(node)),
                            "sessions" + suffix);
        }
        node.send(
                hello.hub(),
                new LinkMessage.Welcome(
                        node.name(),
                        node.uid(),
                        hello.uid(),
                        peer.messageReceiver,
                        peer.sessionReceiver,
                        routes,
                        retained));
        return this;
    }

    private Behavior<Command> onWelcome(LinkMessage.Welcome welcome) {
        Peer peer = peers.get(welcome.uid());
        if (peer == null || peer.welcomed || welcome.forUid() != node.uid()) {
            return this;
        }
        peer.welcomed = true;
        peer.named(welcome.node());
        peer.messageSender.tell(new PeerLinkSender.Connected(welcome.messages()));
        peer.sessionSender.tell(new PeerLinkSender.Connected(welcome.sessions()));
        routes.tell(new RouteReplica.PeerUp(peer.lanes.messages(), welcome.routes()));
        retained.tell(new RetainedReplica.PeerUp(peer.lanes.messages(), welcome.retained()));
        log.info("event=peer_linked node=\"{}\"", peer.name());
        return this;
    }

    /** Items of the lane for messages; runs on its receiver. */
    private void onItem(long uid, int kind, WireInput in) throws NotSerializableException {
        switch (kind) {
            case LinkItems.PUBLISH -> {
                boolean plain = in.readBoolean();
                List<String> shared = Wire.readStrings(in);
                Message message = Wire.readMessage(in);
                router.routeFromPeer(message, plain, shared);
            }
            case LinkItems.RETAINED -> RetainedReplica.store(in, messages);
            case LinkItems.RETAINED_LOST -> retained.tell(new RetainedReplica.UpdateLost(uid));
            default -> throw in.bad("no message item is of kind " + kind);
        }
    }

    private Behavior<Command> onTick() {
        for (Peer peer : peers.values()) {
            if (!peer.welcomed) {
                hello(peer);
            }
        }
        if (++ticks % 120 == 0) {
            node.connections().sweep();
        }
        return this;
    }

    private void lose(long uid) {
        Peer peer = peers.remove(uid);
        node.removed(uid);
        if (peer == null) {
            return;
        }
        getContext().stop(peer.messageSender);
        getContext().stop(peer.sessionSender);
        if (peer.messageReceiver != null) {
            getContext().stop(peer.messageReceiver);
        }
        if (peer.sessionReceiver != null) {
            getContext().stop(peer.sessionReceiver);
        }
        routes.tell(new RouteReplica.PeerDown(peer.lanes.messages()));
        retained.tell(new RetainedReplica.PeerDown(peer.lanes.messages()));
        log.info("event=peer_lost node=\"{}\"", peer.name());
        if (!peer.name().isEmpty()) {
            nodeLost.accept(peer.name());
        }
    }

    /** Another node, one incarnation of it. */
    private static final class Peer {
        private final long uid;
        private final LinkNode.Lanes lanes;
        private final ActorRef<Command> hub;
        private final ActorRef<PeerLinkSender.Command> messageSender;
        private final ActorRef<PeerLinkSender.Command> sessionSender;
        private @Nullable ActorRef<PeerLinkReceiver.Command> messageReceiver;
        private @Nullable ActorRef<PeerLinkReceiver.Command> sessionReceiver;
        private boolean welcomed;

        Peer(
                long uid,
                LinkNode.Lanes lanes,
                ActorRef<Command> hub,
                ActorRef<PeerLinkSender.Command> messageSender,
                ActorRef<PeerLinkSender.Command> sessionSender) {
            this.uid = uid;
            this.lanes = lanes;
            this.hub = hub;
            this.messageSender = messageSender;
            this.sessionSender = sessionSender;
        }

        void named(String name) {
            lanes.messages().named(name);
            lanes.sessions().named(name);
        }

        String name() {
            return lanes.messages().node();
        }
    }
}
