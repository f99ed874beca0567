package io.nightjar.diagnosis;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Cidr;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The storm that one end was part of: what many ends in the neighbourhood and at the time tell, one alone cannot, so the
 * storm's verdict counts for each of them.
 */
public final class StormAround {
    /** How far before and after an end its storm is looked for, in milliseconds. */
    public static final long MILLIS = Storms.CELL_MILLIS;

    private static final Set<Kind> ENDS = Set.of(Kind.ENDED, Kind.REFUSED, Kind.FAILED);

    private StormAround() {}

    /** The ends to summarize: those of its reason and of its neighbours, then. Null if it has no address or reason. */
    public static @Nullable EventFilter filter(RecordedEvent end) {
        String reason = end.text("reason");
        String network = end.address().isEmpty() ? null : Cidr.neighbours(end.address());
        Cidr range = network == null ? null : Cidr.parse(network);
        if (reason == null || range == null) {
            return null;
        }
        return new EventFilter(
                ENDS,
                Set.of(reason),
                Set.of(),
                Set.of(),
                null,
                null,
                null,
                range,
                null,
                end.atMillis() - MILLIS,
                end.atMillis() + MILLIS + 1);
    }

    /** Of the storms that were found that way the one it belongs to, or null: its address before its network. */
    public static @Nullable Storm of(RecordedEvent end, List<Storm> storms) {
        Storm wider = null;
        for (Storm storm : storms) {
            boolean its = storm.fromMillis() - MILLIS <= end.atMillis()
                    && end.atMillis() <= storm.toMillis() + MILLIS
                    && storm.reason().equals(end.text("reason"));
            if (its && storm.cause() == Cause.ADDRESS && storm.value().equals(end.address())) {
                return storm;
            } else if (its && storm.cause() != Cause.ADDRESS && wider == null) {
                wider = storm;
            }
        }
        return wider;
    }
}
