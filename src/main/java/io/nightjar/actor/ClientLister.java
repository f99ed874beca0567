package io.nightjar.actor;

import io.nightjar.actor.ClientMessages.ListClients;
import io.nightjar.actor.ClientMessages.Listed;
import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionCommand.Inspected;
import io.nightjar.message.SessionLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Answers one list question of one node and is gone: walks the directory in order, asks some sessions at a time for
 * their view, keeps those that match, and stops when it has enough or has walked {@link #STEP}: the asker goes on from
 * there. So no question takes long, however many sessions there are, and the loops that the sessions live on have a few
 * of these small tasks each between their own work.
 */
final class ClientLister extends AbstractBehavior<ClientLister.Event> {
    /** Sessions asked at a time. */
    private static final int AT_A_TIME = 64;

    /** Sessions walked for one question. */
    static final int STEP = 20_000;

    /** Most bytes in one answer: with one more client of the largest names it still fits a frame between nodes. */
    private static final int MOST_BYTES = 512 << 10;

    /** Name and number of one field of a view. */
    private static final int FIELD_BYTES = 32;

    private static final Duration TICK = Duration.ofMillis(250);

    /** Ticks without any answer after which the sessions that did not are not waited for. */
    private static final int PATIENCE_TICKS = 16;

    sealed interface Event {}

    private record Answer(Inspected inspected) implements Event {}

    private enum Tick implements Event {
        INSTANCE
    }

    private final String node;
    private final ListClients question;
    private final ClientFilter filter;
    private final SessionDirectory directory;
    private final Iterator<Map.Entry<String, SessionLink>> walk;
    private final ActorRef<Inspected> answers;
    /** Whether the names alone are the answer. */
    private final boolean named;

    private final TreeMap<String, Map<String, Object>> found = new TreeMap<>();
    private final Set<String> waiting = new HashSet<>();
    private String position;
    private long matching;
    private int walked;
    private int outstanding;
    private int idleTicks;

    private ClientLister(ActorContext<Event> context, String node, SessionDirectory directory, ListClients question) {
        super(context);
        this.node = node;
        this.question = question;
        this.filter = new ClientFilter(question.filters());
        this.directory = directory;
        this.position = question.after();
        this.named =
                filter.isByName() && (question.most() == 0 || question.fields().equals(ClientWalk.NAME_ONLY));
        this.walk = filter.walk(directory, question.after());
        this.answers = context.messageAdapter(Inspected.class, Answer::new);
    }

    static Behavior<Event> create(String node, SessionDirectory directory, ListClients question) {
        return Behaviors.withTimers(timers -> Behaviors.setup(context -> {
            timers.startTimerWithFixedDelay(Tick.INSTANCE, TICK);
            ClientLister lister = new ClientLister(context, node, directory, question);
            return lister.goOn() ? lister : Behaviors.stopped();
        }));
    }

    @Override
    public Receive<Event> createReceive() {
        return newReceiveBuilder()
                .onMessage(Answer.class, this::onAnswer)
                .onMessage(Tick.class, this::onTick)
                .build();
    }

    private Behavior<Event> onAnswer(Answer answer) {
        outstanding--;
        idleTicks = 0;
        if (answer.inspected().client() != null) {
            Map<String, Object> client = answer.inspected().client().fields();
            String clientId = String.valueOf(client.get("clientid"));
            waiting.remove(clientId);
            if (filter.matches(client)) {
                matching++;
                if (question.most() > 0) {
                    found.put(clientId, wanted(client));
                }
            }
        }
        return goOn() ? this : Behaviors.stopped();
    }

    private Map<String, Object> wanted(Map<String, Object> client) {
        if (question.fields().isEmpty()) {
            return client;
        }
        Map<String, Object> few = new LinkedHashMap<>();
        client.forEach((name, value) -> {
            if (name.equals("clientid") || question.fields().contains(name)) {
                few.put(name, value);
            }
        });
        return few;
    }

    /** A session that ended after it was asked does not answer. One that is there and does not: nobody may take it for gone. */
    private Behavior<Event> onTick(Tick tick) {
        waiting.removeIf(clientId -> directory.find(clientId) == null);
        idleTicks++;
        if (outstanding > 0 && waiting.isEmpty() && idleTicks > 1) {
            outstanding = 0;
            return goOn() ? this : Behaviors.stopped();
        }
        return idleTicks > PATIENCE_TICKS ? Behaviors.stopped() : this; // no answer: the node is told as unreachable
    }

    /** Asks more sessions; false if the question is answered. */
    private boolean goOn() {
        if (question.most() == 0 && filter.isOpen()) {
            matching = directory.after(question.after()).size(); // nobody needs to be asked
            question.replyTo().tell(new Listed(node, List.of(), matching, position, false));
            return false;
        }
        while (outstanding < AT_A_TIME && !isEnough() && walk.hasNext()) {
            Map.Entry<String, SessionLink> next = walk.next();
            position = next.getKey();
            walked++;
            if (!filter.mayMatch(next.getKey())) {
                continue;
            }
            if (named) { // nobody needs to be asked, so a session that just ends may be among them
                matching++;
                if (question.most() > 0) {
                    found.put(position, Map.of("clientid", position));
                }
                continue;
            }
            outstanding++;
            waiting.add(next.getKey());
            next.getValue().tell(new SessionCommand.Inspect(answers));
        }
        if (outstanding > 0) {
            return true;
        }
        finish();
        return false;
    }

    private boolean isEnough() {
        boolean full = question.most() > 0 && found.size() + (filter.isOpen() ? outstanding : 0) >= question.most();
        return full || walked >= STEP;
    }

    private void finish() {
        boolean more = walk.hasNext();
        List<Map<String, Object>> clients = new ArrayList<>();
        int bytes = 0;
        for (Map.Entry<String, Map<String, Object>> client : found.entrySet()) {
            bytes += weight(client.getValue());
            if (clients.size() == question.most() || bytes > MOST_BYTES && !clients.isEmpty()) {
                more = true;
                break;
            }
            clients.add(client.getValue());
            matching = clients.size();
        }
        if (clients.size() < found.size()) {
            position = String.valueOf(clients.get(clients.size() - 1).get("clientid"));
        }
        question.replyTo().tell(new Listed(node, clients, matching, position, more));
    }

    /** Bytes of a view on the wire, about: its texts come from the client and may be 64 KB each. */
    private static int weight(Map<String, Object> client) {
        int bytes = FIELD_BYTES * client.size();
        for (Object value : client.values()) {
            bytes += value instanceof String text ? 3 * text.length() : 0;
        }
        return bytes;
    }
}
