package io.nightjar.diagnosis;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose connection it may have been that failed before it told a ClientID: that of the one client which was seen with the
 * same certificate, or else from the same address. An inference, never a fact; where several clients share the
 * certificate or the address, as behind a NAT, there is none. Each node shows its records and answers a {@link Part}.
 * Owned by one thread.
 */
public final class LikelyClients {
    /** How far from the failure a client may have been seen, in milliseconds: addresses change hands. */
    public static final long NEAR_MILLIS = 24 * 3_600_000L;

    /** Most certificates, and most addresses, that are looked for at once. */
    public static final int MOST_KEYS = 500;

    /** Two clients of one key are as good as many. */
    private static final int SEVERAL = 2;

    private static final int LONGEST_CLIENT_ID = 512;

    private final Set<String> subjects;
    private final Set<String> addresses;
    private final Map<String, List<String>> bySubject = new HashMap<>();
    private final Map<String, List<String>> byAddress = new HashMap<>();

    public LikelyClients(Collection<String> subjects, Collection<String> addresses) {
        this.subjects = new HashSet<>(subjects);
        this.addresses = new HashSet<>(addresses);
    }

    /** Who has which certificate and address: one or two ClientIDs each, two standing for several. */
    public record Part(Map<String, List<String>> bySubject, Map<String, List<String>> byAddress) {}

    /** @param inferredFrom {@code certificate} or {@code address} */
    public record Likely(String clientId, String inferredFrom) {}

    /** Looks at an event: only an accepted client counts. */
    public void add(RecordedEvent event) {
        boolean accepted = event.kind() == Kind.CONNECTED || event.kind() == Kind.ENDED;
        if (!accepted || event.clientId().isEmpty() || event.clientId().length() > LONGEST_CLIENT_ID) {
            return;
        }
        String subject = event.text("certificate_subject");
        if (subject != null && subjects.contains(subject)) {
            add(bySubject, subject, event.clientId());
        }
        String address = event.address();
        if (addresses.contains(address)) {
            add(byAddress, address, event.clientId());
        }
    }

    /** Adds what another node found. */
    public void add(Part part) {
        part.bySubject.forEach((subject, clients) -> clients.forEach(client -> add(bySubject, subject, client)));
        part.byAddress.forEach((address, clients) -> clients.forEach(client -> add(byAddress, address, client)));
    }

    private static void add(Map<String, List<String>> owners, String key, String clientId) {
        List<String> clients = owners.computeIfAbsent(key, k -> new ArrayList<>(1));
        if (clients.size() < SEVERAL && !clients.contains(clientId)) {
            clients.add(clientId);
        }
    }

    public Part part() {
        return new Part(bySubject, byAddress);
    }

    /** Whose failure it may have been, or null if nobody or several come into question. */
    public @Nullable Likely of(RecordedEvent failed) {
        String subject = failed.text("certificate_subject");
        List<String> owners = subject == null ? List.of() : bySubject.getOrDefault(subject, List.of());
        if (!owners.isEmpty()) {
            return owners.size() == 1 ? new Likely(owners.get(0), "certificate") : null;
        }
        List<String> neighbours = byAddress.getOrDefault(failed.address(), List.of());
        // A certificate that no client has shown is that of somebody else.
        return neighbours.size() == 1 && subject == null ? new Likely(neighbours.get(0), "address") : null;
    }
}
