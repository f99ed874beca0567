package io.nightjar.actor;

import io.nightjar.actor.ClientMessages.ListClients;
import io.nightjar.actor.ClientMessages.Listed;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionCommand.Inspected;
import io.nightjar.message.SessionLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Answers one list question of one node and is gone: walks the directory, asks some sessions at a time for their view,
 * keeps those that match.
 */
final class ClientLister extends AbstractBehavior<ClientLister.Event> {
    /** Sessions asked at a time. */
    private static final int AT_A_TIME = 64;

    /** Most bytes in one answer: with one more client of the largest names it still fits a frame between nodes. */
    private static final int MOST_BYTES = 512 << 10;

    /** Names and numbers of a view. */
    private static final int VIEW_BYTES = 700;

    private static final Duration PATIENCE = Duration.ofSeconds(4);

    sealed interface Event {}

    private record Answer(Inspected inspected) implements Event {}

    private enum TimedOut implements Event {
        INSTANCE
    }

    private final String node;
    private final ListClients question;
    private final ClientFilter filter;
    private final SessionDirectory directory;
    private final Iterator<Map.Entry<String, SessionLink>> walk;
    private final TreeMap<String, Map<String, Object>> found = new TreeMap<>();
    private long matching;
    private int outstanding;

    private ClientLister(ActorContext<Event> context, String node, SessionDirectory directory, ListClients question) {
        super(context);
        this.node = node;
        this.question = question;
        this.filter = new ClientFilter(question.filters());
        this.directory = directory;
        // With filters the whole directory is walked, for the count; without, only the page.
        this.walk = (filter.isOpen() ? directory.after(question.after()) : directory.all())
                .entrySet()
                .iterator();
    }

    static Behavior<Event> create(String node, SessionDirectory directory, ListClients question) {
        return Behaviors.setup(context -> {
            context.scheduleOnce(PATIENCE, context.getSelf(), TimedOut.INSTANCE);
            ClientLister lister = new ClientLister(context, node, directory, question);
            return lister.goOn() ? lister : Behaviors.stopped();
        });
    }

    @Override
    public Receive<Event> createReceive() {
        return newReceiveBuilder()
                .onMessage(Answer.class, this::onAnswer)
                .onMessage(TimedOut.class, timedOut -> finish())
                .build();
    }

    private Behavior<Event> onAnswer(Answer answer) {
        outstanding--;
        if (answer.inspected().client() != null) {
            keep(answer.inspected().client().fields());
        }
        return goOn() ? this : Behaviors.stopped();
    }

    private void keep(Map<String, Object> client) {
        if (!filter.matches(client)) {
            return;
        }
        matching++;
        String clientId = String.valueOf(client.get("clientid"));
        if (clientId.compareTo(question.after()) > 0) {
            found.put(clientId, client);
            if (found.size() > question.most()) {
                found.pollLastEntry();
            }
        }
    }

    /** Asks more sessions; false if all is answered. */
    private boolean goOn() {
        while (outstanding < AT_A_TIME && walk.hasNext() && !isFull()) {
            outstanding++;
            walk.next()
                    .getValue()
                    .tell(new SessionCommand.Inspect(getContext().messageAdapter(Inspected.class, Answer::new)));
        }
        if (outstanding > 0) {
            return true;
        }
        finish();
        return false;
    }

    private boolean isFull() {
        return filter.isOpen() && found.size() + outstanding >= question.most();
    }

    private Behavior<Event> finish() {
        long count = filter.isOpen() ? directory.size() : matching;
        List<Map<String, Object>> clients = new ArrayList<>();
        int bytes = 0;
        for (Map<String, Object> client : found.values()) {
            bytes += weight(client);
            if (bytes > MOST_BYTES && !clients.isEmpty()) {
                break;
            }
            clients.add(client);
        }
        boolean more = clients.size() < found.size() || found.size() >= question.most();
        question.replyTo().tell(new Listed(node, clients, count, more));
        return Behaviors.stopped();
    }

    /** Bytes of a view on the wire, about: its texts come from the client and may be 64 KB each. */
    private static int weight(Map<String, Object> client) {
        int bytes = VIEW_BYTES;
        for (Object value : client.values()) {
            bytes += value instanceof String text ? 3 * text.length() : 0;
        }
        return bytes;
    }
}
