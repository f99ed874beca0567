package io.nightjar.diagnosis;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Cidr;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which recorded events are wanted. An empty set and a null are no condition; all conditions must hold.
 *
 * @param reasons words of reasons, as {@code takeovered}
 * @param details words of details
 * @param sides words of sides
 * @param clientId the whole ClientID
 * @param likeClientId a part of the ClientID
 * @param username the whole username
 * @param listener id of a listener, as {@code tcp:default}
 * @param fromMillis milliseconds since 1970, inclusive
 * @param toMillis milliseconds since 1970, exclusive
 * @param related seen with one of these certificates or addresses
 */
public record EventFilter(
        Set<Kind> kinds,
        Set<String> reasons,
        Set<String> details,
        Set<String> sides,
        @Nullable String clientId,
        @Nullable String likeClientId,
        @Nullable String username,
        @Nullable Cidr address,
        @Nullable String listener,
        long fromMillis,
        long toMillis,
        @Nullable Related related) {
    /** Everything. */
    public static final EventFilter ALL =
            new EventFilter(Set.of(), Set.of(), Set.of(), Set.of(), null, null, null, null, null, 0, Long.MAX_VALUE);

    /** Every end of a connection. */
    public static final EventFilter ENDS = new EventFilter(
            Set.of(Kind.FAILED, Kind.REFUSED, Kind.ENDED),
            Set.of(),
            Set.of(),
            Set.of(),
            null,
            null,
            null,
            null,
            null,
            0,
            Long.MAX_VALUE);

    /**
     * Several certificates and addresses; one of them is enough.
     *
     * @param subjects of certificates
     * @param addresses IP addresses as text
     */
    public record Related(Set<String> subjects, Set<String> addresses) {
        public Related {
            subjects = Set.copyOf(subjects);
            addresses = Set.copyOf(addresses);
        }

        boolean test(RecordedEvent event) {
            return addresses.contains(event.address()) || isOf(event.text("certificate_subject"));
        }

        private boolean isOf(@Nullable String subject) {
            return subject != null && subjects.contains(subject);
        }
    }

    /** Whoever it is related to. */
    public EventFilter(
            Set<Kind> kinds,
            Set<String> reasons,
            Set<String> details,
            Set<String> sides,
            @Nullable String clientId,
            @Nullable String likeClientId,
            @Nullable String username,
            @Nullable Cidr address,
            @Nullable String listener,
            long fromMillis,
            long toMillis) {
        this(
                kinds,
                reasons,
                details,
                sides,
                clientId,
                likeClientId,
                username,
                address,
                listener,
                fromMillis,
                toMillis,
                null);
    }

    public EventFilter {
        kinds = Set.copyOf(kinds);
        reasons = Set.copyOf(reasons);
        details = Set.copyOf(details);
        sides = Set.copyOf(sides);
    }

    /** Everything of one client. */
    public static EventFilter ofClient(String clientId, long fromMillis, long toMillis) {
        return new EventFilter(
                Set.of(), Set.of(), Set.of(), Set.of(), clientId, null, null, null, null, fromMillis, toMillis);
    }

    /** Events of this kind in this time that are related so. */
    public static EventFilter ofRelated(Set<Kind> kinds, Related related, long fromMillis, long toMillis) {
        return new EventFilter(
                kinds, Set.of(), Set.of(), Set.of(), null, null, null, null, null, fromMillis, toMillis, related);
    }

    /** Whether this event is wanted. */
    public boolean test(RecordedEvent event) {
        return (kinds.isEmpty() || kinds.contains(event.kind()))
                && event.atMillis() >= fromMillis
                && event.atMillis() < toMillis
                && isOf(reasons, event.text("reason"))
                && isOf(details, event.text("detail"))
                && isOf(sides, event.text("side"))
                && (clientId == null || clientId.equals(event.clientId()))
                && (likeClientId == null || event.clientId().contains(likeClientId))
                && (username == null || username.equals(event.text("username")))
                && (listener == null || listener.equals(event.text("listener")))
                && (address == null || address.contains(event.address()))
                && (related == null || related.test(event));
    }

    private static boolean isOf(Set<String> words, @Nullable String word) {
        return words.isEmpty() || word != null && words.contains(word);
    }
}
