package io.nightjar.message;

import io.nightjar.diagnosis.EndSummary;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.LikelyClients;
import io.nightjar.diagnosis.RecordedEvent;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What the flight recorders of all nodes know, as the HTTP API asks for it. Every call answers for the whole cluster and
 * names the nodes that did not answer in time. Thread-safe; a call fails with {@link Traces.Refused} if a node has too many
 * questions to answer already.
 */
public interface History {
    /** The events that are wanted, newest first. */
    CompletionStage<Page> find(Query query);

    /** All ends that are wanted, in a few figures. */
    CompletionStage<Ends> summarize(EventFilter filter, List<String> nodes);

    /**
     * The last end of each of these clients; those that never ended, or not in living memory, are absent. A node that is
     * busy is one that did not answer; so are all where there was no time to ask for every client.
     */
    CompletionStage<EndsByClient> lastEnds(Collection<String> clientIds);

    /**
     * Who was seen with one of these certificates or addresses, and what failed with them before any CONNECT. A node that
     * is busy is one that did not answer.
     *
     * @param subjects of certificates
     * @param addresses IP addresses
     */
    CompletionStage<Related> related(
            Collection<String> subjects, Collection<String> addresses, long fromMillis, long toMillis);

    /**
     * @param nodes of these nodes alone; empty for all
     * @param cursor {@link Page#cursor} of the page before, or null for the first
     * @param limit most events, at least 1
     */
    record Query(EventFilter filter, List<String> nodes, @Nullable String cursor, int limit) {}

    /** An event and the node whose recorder holds it. */
    record Found(String node, RecordedEvent event) {}

    /**
     * @param cursor where to go on, or null if there are no more
     * @param oldestMillis time of the oldest event that any node still has, or -1
     */
    record Page(List<Found> events, @Nullable String cursor, long oldestMillis, List<String> unreachableNodes) {}

    /** @param oldestMillis time of the oldest event that any node still has, or -1 */
    record Ends(EndSummary.Summary summary, long oldestMillis, List<String> unreachableNodes) {}

    /** Words of an end, without its evidence. */
    record LastEnd(long atMillis, String reason, String detail, String side) {}

    /** @param ends by ClientID */
    record EndsByClient(Map<String, LastEnd> ends, List<String> unreachableNodes) {}

    /** @param failures newest first, at most 20 */
    record Related(List<Found> failures, LikelyClients clients, List<String> unreachableNodes) {}

    /** A cursor that no page gave. */
    final class BadCursor extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        public BadCursor() {
            super("no cursor of this API");
        }
    }
}
