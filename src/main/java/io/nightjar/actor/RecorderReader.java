package io.nightjar.actor;

import io.nightjar.actor.HistoryMessages.Answer;
import io.nightjar.actor.HistoryMessages.EndsSummarized;
import io.nightjar.actor.HistoryMessages.EventsFound;
import io.nightjar.actor.HistoryMessages.FindEvents;
import io.nightjar.actor.HistoryMessages.FindLastEnds;
import io.nightjar.actor.HistoryMessages.FindRelated;
import io.nightjar.actor.HistoryMessages.Last;
import io.nightjar.actor.HistoryMessages.LastEndsFound;
import io.nightjar.actor.HistoryMessages.Position;
import io.nightjar.actor.HistoryMessages.Question;
import io.nightjar.actor.HistoryMessages.RelatedFound;
import io.nightjar.actor.HistoryMessages.SummarizeEnds;
import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.LikelyClients;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.RecordedEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers one question by reading this node's recorder: some take up to a second, so a thread that may block does it.
 * Stateless.
 */
final class RecorderReader {
    /** Most bytes of events in one answer, about: with one more event of the largest names it still fits a frame. */
    private static final int MOST_BYTES = 256 << 10;

    /** Failures in one answer. */
    static final int MOST_FAILURES = 20;

    private static final int LOOK_AT_THE_CLOCK = 1024;

    /** What links a connection to another. */
    private static final Set<String> SUBJECT = Set.of("certificate_subject");

    private final String node;
    private final RecordedEvents events;

    RecorderReader(String node, RecordedEvents events) {
        this.node = node;
        this.events = events;
    }

    /** Nobody waits for the answer any more. */
    static final class GivenUp extends RuntimeException {
        private static final long serialVersionUID = 1;

        GivenUp() {
            super("nobody waits any more", null, false, false);
        }
    }

    /** The answer to a question for other nodes, or for events that this one has told already: nothing is read for it. */
    @Nullable
    Answer withoutReading(Question question) {
        if (question instanceof FindEvents find
                && (!isAsked(find.nodes()) || start(find).before() < 0)) {
            return new EventsFound(node, List.of(), Position.END, Position.END, Position.END, events.oldestMillis());
        } else if (question instanceof SummarizeEnds summarize && !isAsked(summarize.nodes())) {
            return new EndsSummarized(node, null, events.oldestMillis());
        }
        return null;
    }

    private boolean isAsked(List<String> nodes) {
        return nodes.isEmpty() || nodes.contains(node);
    }

    private Position start(FindEvents question) {
        return question.positions().isEmpty()
                ? Position.NEWEST
                : question.positions().getOrDefault(node, Position.END);
    }

    /**
     * Reads for a question that needs it.
     *
     * @throws GivenUp if {@code late} became true on the way
     */
    Answer answer(Question question, BooleanSupplier late) {
        if (late.getAsBoolean()) {
            throw new GivenUp();
        } else if (question instanceof FindEvents find) {
            return find(find);
        } else if (question instanceof SummarizeEnds summarize) {
            return summarize(summarize, late);
        } else if (question instanceof FindLastEnds find) {
            return lastEnds(find, late);
        }
        return related((FindRelated) question, late);
    }

    private EventsFound find(FindEvents question) {
        Position start = start(question);
        EventFilter filter = question.filter().toFilter(start.untilMillis());
        List<RecordedEvent> found = new ArrayList<>();
        long before = passOver(filter, start);
        RecordedEvents.Slice first =
                before < 0 ? new RecordedEvents.Slice(List.of(), -1) : events.find(filter, before, 1);
        found.addAll(first.events());
        long second = first.next();
        long next = second;
        int more = question.most() - found.size();
        if (next >= 0 && more > 0) {
            RecordedEvents.Slice rest = events.find(filter, next, more);
            int fit = fit(found, rest.events());
            found.addAll(rest.events().subList(0, fit));
            // What does not fit is found again by whoever asks for it.
            next = fit == rest.events().size()
                    ? rest.next()
                    : fit == 0 ? second : events.find(filter, second, fit).next();
        }
        return new EventsFound(node, found, start, Position.of(second), Position.of(next), events.oldestMillis());
    }

    /** The position behind the events that are to be skipped. */
    private long passOver(EventFilter filter, Position start) {
        long before = start.before();
        int left = start.skip();
        while (left > 0 && before >= 0) {
            RecordedEvents.Slice passed = events.find(filter, before, left);
            left -= passed.events().size();
            before = passed.next();
        }
        return before;
    }

    /** How many of these an answer has room for. */
    private static int fit(List<RecordedEvent> already, List<RecordedEvent> more) {
        int bytes = already.stream().mapToInt(RecorderReader::weight).sum();
        int fit = 0;
        for (RecordedEvent event : more) {
            bytes += weight(event);
            if (bytes > MOST_BYTES) {
                return fit;
            }
            fit++;
        }
        return fit;
    }

    /** Bytes of an event on the wire, about: its texts come from the client. */
    private static int weight(RecordedEvent event) {
        int bytes = 64 + 3 * event.clientId().length();
        for (var field : event.fields().entrySet()) {
            bytes += field.getKey().length() + 10;
            if (field.getValue() instanceof String text) {
                bytes += 3 * text.length();
            } else if (field.getValue() instanceof List<?> list) {
                bytes += 40 * list.size();
            }
        }
        return bytes;
    }

    private EndsSummarized summarize(SummarizeEnds question, BooleanSupplier late) {
        EndSummary summary = new EndSummary();
        int[] seen = {0};
        events.scan(question.filter().toFilter(Long.MAX_VALUE), EndSummary.FIELDS, event -> {
            checkLate(seen, late);
            summary.add(event);
        });
        return new EndsSummarized(node, summary.part(), events.oldestMillis());
    }

    private static void checkLate(int[] seen, BooleanSupplier late) {
        if (++seen[0] % LOOK_AT_THE_CLOCK == 0 && late.getAsBoolean()) {
            throw new GivenUp();
        }
    }

    private LastEndsFound lastEnds(FindLastEnds question, BooleanSupplier late) {
        List<Last> ends = new ArrayList<>();
        for (String clientId : question.clientIds()) {
            if (late.getAsBoolean()) {
                throw new GivenUp();
            }
            RecordedEvent end = events.lastEnd(clientId);
            if (end != null) {
                ends.add(new Last(
                        clientId, end.atMillis(), text(end, "reason"), text(end, "detail"), text(end, "side")));
            }
        }
        return new LastEndsFound(node, ends);
    }

    private static String text(RecordedEvent event, String name) {
        String text = event.text(name);
        return text == null ? "" : text;
    }

    private RelatedFound related(FindRelated question, BooleanSupplier late) {
        Set<String> subjects = Set.copyOf(question.subjects());
        Set<String> addresses = Set.copyOf(question.addresses());
        LikelyClients clients = new LikelyClients(subjects, addresses);
        EventFilter filter = EventFilter.ofRelated(
                Set.of(Kind.CONNECTED, Kind.ENDED, Kind.FAILED),
                new EventFilter.Related(subjects, addresses),
                question.fromMillis(),
                question.toMillis());
        int[] seen = {0};
        boolean[] failed = {false};
        events.scan(filter, SUBJECT, event -> {
            checkLate(seen, late);
            clients.add(event);
            failed[0] |= event.kind() == Kind.FAILED;
        });
        List<RecordedEvent> failures = failed[0] ? failures(filter, late) : List.of();
        return new RelatedFound(node, failures, clients.part());
    }

    /** The newest failures among these events, whole. */
    private List<RecordedEvent> failures(EventFilter related, BooleanSupplier late) {
        EventFilter.Related keys = Objects.requireNonNull(related.related());
        EventFilter filter = EventFilter.ofRelated(Set.of(Kind.FAILED), keys, related.fromMillis(), related.toMillis());
        List<RecordedEvent> failures = new ArrayList<>();
        long before = Long.MAX_VALUE;
        while (before >= 0 && failures.size() < MOST_FAILURES) {
            if (late.getAsBoolean()) {
                throw new GivenUp();
            }
            RecordedEvents.Slice slice = events.find(filter, before, MOST_FAILURES);
            for (RecordedEvent event : slice.events()) {
                String subject = event.text("certificate_subject");
                // Who came with a certificate of its own is not whoever else has that address.
                boolean its = subject == null || keys.subjects().contains(subject);
                if (its && failures.size() < MOST_FAILURES) {
                    failures.add(event);
                }
            }
            before = slice.next();
        }
        return failures;
    }
}
