package io.nightjar.actor;

import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.FilterRelation;
import io.nightjar.mqtt.Topics;
import io.nightjar.trace.TraceDefinition;
import io.nightjar.trace.TraceEvent;
import io.nightjar.trace.TraceRules;
import io.nightjar.trace.TraceSubject;
import io.nightjar.trace.Tracer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the running traces of one node want: for a ClientID and a username one look into a hash map each, for the other
 * kinds one comparison a trace, of which there are few; of a topic the answer is remembered. Never changes, any thread.
 */
final class TraceSelection implements Tracer.Selection {
    private final Map<String, List<TraceTarget>> clients = new HashMap<>();
    private final Map<String, List<TraceTarget>> usernames = new HashMap<>();
    private final List<Chosen<String>> prefixes = new ArrayList<>();
    private final List<Chosen<Cidr>> ranges = new ArrayList<>();
    private final List<Chosen<String>> topics = new ArrayList<>();
    private final TopicAnswers topicAnswers = new TopicAnswers(this::matchesTopic);
    private final BiConsumer<TraceEvent, List<TraceTarget>> sink;
    private final boolean empty;

    /** A trace and what it selects by. */
    private record Chosen<T>(T by, TraceTarget target) {}

    /** @param sink takes an event with the traces that want it, at least one; must not block */
    TraceSelection(Collection<TraceTarget> running, BiConsumer<TraceEvent, List<TraceTarget>> sink) {
        this.sink = sink;
        this.empty = running.isEmpty();
        running.forEach(this::add);
    }

    private void add(TraceTarget target) {
        TraceDefinition definition = target.entry().definition();
        String value = definition.value();
        switch (definition.type()) {
            case TraceRules.CLIENT_ID ->
                clients.computeIfAbsent(value, key -> new ArrayList<>(1)).add(target);
            case TraceRules.USERNAME ->
                usernames.computeIfAbsent(value, key -> new ArrayList<>(1)).add(target);
            case TraceRules.CLIENT_ID_PREFIX -> prefixes.add(new Chosen<>(value, target));
            case TraceRules.TOPIC -> topics.add(new Chosen<>(value, target));
            case TraceRules.IP_ADDRESS -> {
                Cidr range = Cidr.parse(value);
                if (range != null) {
                    ranges.add(new Chosen<>(range, target));
                }
            }
            default -> {} // of a newer node; this one cannot select by it
        }
    }

    boolean isEmpty() {
        return empty;
    }

    @Override
    public boolean byAddress() {
        return !ranges.isEmpty();
    }

    @Override
    public boolean byTopic() {
        return !topics.isEmpty();
    }

    @Override
    public boolean wantsClient(@Nullable String clientId, @Nullable String username, @Nullable String address) {
        if (clientId != null && (clients.containsKey(clientId) || hasPrefix(clientId))
                || username != null && usernames.containsKey(username)) {
            return true;
        }
        if (address != null) {
            for (Chosen<Cidr> range : ranges) {
                if (range.by.contains(address)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean hasPrefix(String clientId) {
        for (Chosen<String> prefix : prefixes) {
            if (clientId.startsWith(prefix.by)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean wantsTopic(String topic) {
        return topicAnswers.wants(topic);
    }

    private boolean matchesTopic(String topic) {
        for (Chosen<String> filter : topics) {
            if (Topics.matches(filter.by, topic)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean wantsFilter(String filter) {
        String plain = Topics.matchFilter(filter);
        for (Chosen<String> traced : topics) {
            if (FilterRelation.overlap(traced.by, plain)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void accept(TraceEvent event, TraceSubject subject) {
        List<TraceTarget> targets = of(subject);
        if (!targets.isEmpty()) {
            sink.accept(event, targets);
        }
    }

    /** The traces that want one of these, each once. */
    List<TraceTarget> of(TraceSubject subject) {
        Set<TraceTarget> all = new LinkedHashSet<>(2);
        ofClient(subject, all);
        String topic = subject.topic();
        for (Chosen<String> traced : topics) {
            if (topic != null && Topics.matches(traced.by, topic)
                    || subject.filters().stream()
                            .anyMatch(filter -> FilterRelation.overlap(traced.by, Topics.matchFilter(filter)))) {
                all.add(traced.target);
            }
        }
        return List.copyOf(all);
    }

    private void ofClient(TraceSubject subject, Set<TraceTarget> all) {
        String clientId = subject.clientId();
        if (clientId != null) {
            all.addAll(clients.getOrDefault(clientId, List.of()));
            prefixes.stream()
                    .filter(prefix -> clientId.startsWith(prefix.by))
                    .forEach(prefix -> all.add(prefix.target));
        }
        if (subject.username() != null) {
            all.addAll(usernames.getOrDefault(subject.username(), List.of()));
        }
        String address = subject.address();
        if (address != null) {
            ranges.stream().filter(range -> range.by.contains(address)).forEach(range -> all.add(range.target));
        }
    }
}
