package io.nightjar.actor;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Cidr;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Filters that the history services make themselves. */
final class HistoryFilters {
    private HistoryFilters() {}

    static EventFilter of(
            Set<Kind> kinds, @Nullable String clientId, @Nullable Cidr address, long fromMillis, long toMillis) {
        return new EventFilter(
                kinds, Set.of(), Set.of(), Set.of(), clientId, null, null, address, null, fromMillis, toMillis);
    }
}
