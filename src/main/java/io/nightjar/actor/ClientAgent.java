package io.nightjar.actor;

import io.nightjar.actor.ClientMessages.CountClients;
import io.nightjar.actor.ClientMessages.Counted;
import io.nightjar.actor.ClientMessages.FindClient;
import io.nightjar.actor.ClientMessages.Found;
import io.nightjar.actor.ClientMessages.Held;
import io.nightjar.actor.ClientMessages.KickClient;
import io.nightjar.actor.ClientMessages.Kicked;
import io.nightjar.actor.ClientMessages.LimitsShown;
import io.nightjar.actor.ClientMessages.ListClients;
import io.nightjar.actor.ClientMessages.ListHeld;
import io.nightjar.actor.ClientMessages.ListSubscriptions;
import io.nightjar.actor.ClientMessages.Measure;
import io.nightjar.actor.ClientMessages.Measured;
import io.nightjar.actor.ClientMessages.ShowLimits;
import io.nightjar.actor.ClientMessages.SubscribeClient;
import io.nightjar.actor.ClientMessages.SubscribedClient;
import io.nightjar.actor.ClientMessages.Subscriptions;
import io.nightjar.actor.ClientMessages.UnsubscribeClient;
import io.nightjar.actor.ClientMessages.UnsubscribedClient;
import io.nightjar.message.HeldMessages;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.metrics.NodeMetrics;
import io.nightjar.mqtt.DisconnectReason;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/** Answers for the sessions of one node: one per node, found by the others through the receptionist. */
final class ClientAgent extends AbstractBehavior<ClientMessages> {
    static final ServiceKey<ClientMessages> KEY = ServiceKey.create(ClientMessages.class, "nightjar-clients");

    private final String node;
    private final SessionDirectory directory;
    private final Supplier<Map<String, Object>> figures;
    private final Supplier<Map<String, Object>> limits;
    private final NodeMetrics metrics;

    private ClientAgent(
            ActorContext<ClientMessages> context,
            String node,
            SessionDirectory directory,
            Supplier<Map<String, Object>> figures,
            Supplier<Map<String, Object>> limits,
            NodeMetrics metrics) {
        super(context);
        this.node = node;
        this.directory = directory;
        this.figures = figures;
        this.limits = limits;
        this.metrics = metrics;
    }

    /**
     * @param figures connections and the like of this node, read when asked
     * @param limits what bounds its connections, as {@link io.nightjar.message.Clients#limits} has it, read when asked
     */
    static Behavior<ClientMessages> create(
            String node,
            SessionDirectory directory,
            Supplier<Map<String, Object>> figures,
            Supplier<Map<String, Object>> limits,
            NodeMetrics metrics) {
        return Behaviors.setup(context -> {
            context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
            return new ClientAgent(context, node, directory, figures, limits, metrics);
        });
    }

    @Override
    public Receive<ClientMessages> createReceive() {
        return newReceiveBuilder()
                .onMessage(ListClients.class, this::onList)
                .onMessage(FindClient.class, this::onFind)
                .onMessage(KickClient.class, this::onKick)
                .onMessage(ListSubscriptions.class, this::onSubscriptions)
                .onMessage(SubscribeClient.class, this::onSubscribe)
                .onMessage(UnsubscribeClient.class, this::onUnsubscribe)
                .onMessage(ListHeld.class, this::onHeld)
                .onMessage(CountClients.class, this::onCount)
                .onMessage(Measure.class, this::onMeasure)
                .onMessage(ShowLimits.class, this::onLimits)
                .build();
    }

    private Behavior<ClientMessages> onList(ListClients question) {
        getContext().spawnAnonymous(ClientLister.create(node, directory, question));
        return this;
    }

    private Behavior<ClientMessages> onFind(FindClient question) {
        SessionLink session = directory.find(question.clientId());
        if (session == null) {
            question.replyTo().tell(new Found(null));
            return this;
        }
        ActorRef<SessionCommand.Inspected> answer = getContext().spawnAnonymous(Relay.of(inspected -> {
            SessionCommand.Inspected view = inspected;
            question.replyTo()
                    .tell(new Found(view.client() == null ? null : view.client().fields()));
        }));
        session.tell(new SessionCommand.Inspect(answer));
        return this;
    }

    private Behavior<ClientMessages> onKick(KickClient command) {
        SessionLink session = directory.find(command.clientId());
        if (session == null) {
            command.replyTo().tell(new Kicked(false));
            return this;
        }
        ActorRef<Boolean> answer = getContext()
                .spawnAnonymous(Relay.of(existed -> command.replyTo().tell(new Kicked(existed))));
        DisconnectReason reason = new DisconnectReason(command.detail(), null, command.facts());
        session.tell(new SessionCommand.Kick(reason, command.keepSession(), answer));
        return this;
    }

    private Behavior<ClientMessages> onSubscriptions(ListSubscriptions question) {
        SessionLink session = directory.find(question.clientId());
        if (session == null) {
            question.replyTo().tell(new Subscriptions(null));
        } else {
            session.tell(new SessionCommand.ListSubscriptions(
                    all -> question.replyTo().tell(new Subscriptions(all))));
        }
        return this;
    }

    private Behavior<ClientMessages> onLimits(ShowLimits question) {
        question.replyTo().tell(new LimitsShown(node, limits.get()));
        return this;
    }

    private Behavior<ClientMessages> onMeasure(Measure question) {
        question.replyTo().tell(new Measured(node, metrics.samples()));
        return this;
    }

    private Behavior<ClientMessages> onSubscribe(SubscribeClient command) {
        SessionLink session = directory.find(command.clientId());
        if (session == null) {
            command.replyTo().tell(new SubscribedClient(node, -1));
        } else {
            session.tell(new SessionCommand.SubscribeFor(
                    command.requests(), outcome -> command.replyTo().tell(new SubscribedClient(node, outcome))));
        }
        return this;
    }

    private Behavior<ClientMessages> onUnsubscribe(UnsubscribeClient command) {
        SessionLink session = directory.find(command.clientId());
        if (session == null) {
            command.replyTo().tell(new UnsubscribedClient(false));
        } else {
            session.tell(new SessionCommand.UnsubscribeFor(
                    command.filters(), existed -> command.replyTo().tell(new UnsubscribedClient(existed))));
        }
        return this;
    }

    private Behavior<ClientMessages> onHeld(ListHeld question) {
        SessionLink session = directory.find(question.clientId());
        if (session == null) {
            question.replyTo().tell(new Held(HeldMessages.NONE));
        } else {
            session.tell(new SessionCommand.ListMessages(
                    question.query(), page -> question.replyTo().tell(new Held(page))));
        }
        return this;
    }

    private Behavior<ClientMessages> onCount(CountClients question) {
        question.replyTo().tell(new Counted(node, figures.get()));
        return this;
    }
}
