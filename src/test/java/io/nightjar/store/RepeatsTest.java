package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.store.Repeats.Repeated;
import io.nightjar.store.Repeats.Sort;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RepeatsTest {
    private final List<Repeated> told = new ArrayList<>();
    private final Repeats repeats = new Repeats(told::add);

    private static Sort subscribed(String clientId, String filter) {
        return Sort.of(Kind.SUBSCRIBED, clientId, null, filter);
    }

    @Test
    void nothing_of_a_quiet_client_is_held() {
        for (int i = 0; i < 1_000; i++) {
            repeats.admits(subscribed("c" + i, "t"), 1_000, "", 1);
        }
        assertThat(repeats.held()).isPositive();

        repeats.flush(2_000);

        assertThat(repeats.held()).isZero();
        assertThat(told).isEmpty();
    }

    @Test
    void a_long_filter_is_held_only_in_part() {
        repeats.admits(subscribed("c", "t"), 1_000, "", 1);
        repeats.admits(subscribed("c", "x".repeat(65_535)), 1_001, "", 1);

        repeats.flush(2_000);

        assertThat(told).hasSize(1);
        assertThat(told.get(0).sort().object()).isEqualTo("x".repeat(1024));
    }

    @Test
    void telling_happens_outside_of_every_lock() {
        List<Boolean> locked = new ArrayList<>();
        Repeats[] self = new Repeats[1];
        Repeats recursive = new Repeats(repeated -> {
            CompletableFuture<Boolean> other =
                    CompletableFuture.supplyAsync(() -> self[0].admits(subscribed("c", "t"), 5_000, "", 1));
            locked.add(other.orTimeout(10, TimeUnit.SECONDS)
                    .handle((admitted, late) -> late != null)
                    .join());
        });
        self[0] = recursive;
        recursive.admits(subscribed("c", "t"), 1_000, "", 1);
        recursive.admits(subscribed("c", "t"), 1_000, "", 1);

        recursive.admits(subscribed("c", "t"), 2_000, "", 1);

        assertThat(locked).containsExactly(false);
    }
}
