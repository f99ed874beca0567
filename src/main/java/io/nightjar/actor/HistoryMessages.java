package io.nightjar.actor;

import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.LikelyClients;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.message.ControlMessage;
import io.nightjar.mqtt.Cidr;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What the history services of the nodes say to each other: rare, as CBOR, in pieces below a frame of Artery. */
sealed interface HistoryMessages {
    /** What an agent tells itself. */
    non-sealed interface HistoryEvent extends HistoryMessages {}

    /** A question that is answered by reading the recorder. */
    sealed interface Question extends HistoryMessages, ControlMessage {
        /** Who gets {@link Busy} if there are too many. */
        ActorRef<Answer> replyTo();
    }

    /** What a node answers. */
    sealed interface Answer extends ControlMessage {
        String node();
    }

    /**
     * @param positions where to go on, by node; a node that is not among them has nothing more to tell. Empty to begin
     * @param nodes of these nodes alone; empty for all
     */
    record FindEvents(
            Filter filter, Map<String, Position> positions, List<String> nodes, int most, ActorRef<Answer> replyTo)
            implements Question {}

    /**
     * A piece of the events of one node.
     *
     * @param start where the first of them is
     * @param second where the second is: a place that stays when newer events come, which the start of all is not
     * @param next where to go on; {@link Position#END} if there are no more
     * @param oldestMillis time of the oldest event there is, or -1
     */
    record EventsFound(
            String node, List<RecordedEvent> events, Position start, Position second, Position next, long oldestMillis)
            implements Answer {}

    record SummarizeEnds(Filter filter, List<String> nodes, ActorRef<Answer> replyTo) implements Question {}

    /** @param part null if this node was not asked for */
    record EndsSummarized(String node, EndSummary.@Nullable Part part, long oldestMillis) implements Answer {}

    record FindLastEnds(List<String> clientIds, ActorRef<Answer> replyTo) implements Question {}

    record LastEndsFound(String node, List<Last> ends) implements Answer {}

    record Last(String clientId, long atMillis, String reason, String detail, String side) {}

    record FindRelated(
            List<String> subjects, List<String> addresses, long fromMillis, long toMillis, ActorRef<Answer> replyTo)
            implements Question {}

    record RelatedFound(String node, List<RecordedEvent> failures, LikelyClients.Part clients) implements Answer {}

    /** Too many questions at once. */
    record Busy(String node) implements Answer {}

    /** Reading failed on that node; its log says why. */
    record Failed(String node) implements Answer {}

    /**
     * A place among the wanted events of one node.
     *
     * @param before position as the recorder gives it
     * @param skip wanted events to pass over from there
     * @param untilMillis events of this time and later came after the walk began and are not told. Where
     *     {@code before} is a position of the recorder it tells that already; at the newest event nothing else can
     */
    record Position(long before, int skip, long untilMillis) {
        static final Position NEWEST = new Position(Long.MAX_VALUE, 0, Long.MAX_VALUE);
        static final Position END = new Position(-1, 0, Long.MAX_VALUE);

        /** Times of two threads may be out of order by less than this: better told late than lost. */
        private static final long SLACK_MILLIS = 1000;

        static Position of(long before) {
            return before < 0 ? END : new Position(before, 0, Long.MAX_VALUE);
        }

        /** The newest event of those that were there when this was the time of the newest. */
        static Position newestAt(long millis) {
            return new Position(Long.MAX_VALUE, 0, millis + SLACK_MILLIS);
        }
    }

    /** An {@link EventFilter} as plain values. */
    record Filter(
            Set<RecordedEvent.Kind> kinds,
            Set<String> reasons,
            Set<String> details,
            Set<String> sides,
            @Nullable String clientId,
            @Nullable String likeClientId,
            @Nullable String username,
            @Nullable String address,
            @Nullable String listener,
            long fromMillis,
            long toMillis) {
        static Filter of(EventFilter filter) {
            return new Filter(
                    filter.kinds(),
                    filter.reasons(),
                    filter.details(),
                    filter.sides(),
                    filter.clientId(),
                    filter.likeClientId(),
                    filter.username(),
                    filter.address() == null ? null : filter.address().toString(),
                    filter.listener(),
                    filter.fromMillis(),
                    filter.toMillis());
        }

        /** @param untilMillis exclusive */
        EventFilter toFilter(long untilMillis) {
            return new EventFilter(
                    kinds,
                    reasons,
                    details,
                    sides,
                    clientId,
                    likeClientId,
                    username,
                    address == null ? null : Cidr.parse(address),
                    listener,
                    fromMillis,
                    Math.min(toMillis, untilMillis));
        }
    }
}
