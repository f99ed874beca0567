package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LaterTurnsTest {
    private static final int MANY = 3 * LaterTurns.FLUSHES;

    private final NettyLoops loops = new NettyLoops(1, true, InstantSource.system());
    private final EventLoop loop = loops.loop(0);

    @AfterEach
    void stop() {
        loops.shutdown().toCompletableFuture().join();
    }

    @Test
    void whoever_comes_behind_very_many_flushes_waits_for_the_first_of_them_only() {
        List<Integer> done = done(MANY + 1, all -> {
            LaterTurns.flush(loop, () -> {
                loop.execute(() -> all.accept(-1)); // what a socket that is read now asks for
                all.accept(0);
            });
            IntStream.range(1, MANY).forEach(i -> LaterTurns.flush(loop, () -> all.accept(i)));
        });

        assertThat(done.indexOf(-1)).isEqualTo(LaterTurns.FLUSHES);
        assertThat(done.stream().filter(i -> i >= 0))
                .containsExactlyElementsOf(IntStream.range(0, MANY).boxed().toList());
    }

    @Test
    void a_flush_is_not_behind_the_tasks_of_its_turn_that_bring_others() {
        List<Integer> done = done(4, all -> {
            LaterTurns.flush(loop, () -> all.accept(0));
            LaterTurns.flush(loop, () -> all.accept(1));
            LaterTurns.later(loop, () -> {
                all.accept(2);
                loop.execute(() -> all.accept(3));
            });
        });

        assertThat(done).containsExactly(0, 1, 2, 3);
    }

    @Test
    void a_flush_that_fails_takes_no_other_with_it() {
        List<Integer> done = done(1, all -> {
            LaterTurns.flush(loop, () -> {
                throw new IllegalStateException("for this test");
            });
            LaterTurns.flush(loop, () -> all.accept(0));
        });

        assertThat(done).containsExactly(0);
    }

    @Test
    void very_many_subscriptions_take_turns_with_what_others_ask_for() {
        List<Integer> done = done(MANY + 1, all -> {
            for (int i = 0; i < MANY; i++) {
                int number = i;
                if (LaterTurns.takesFilters(loop, 1)) {
                    loop.execute(() -> all.accept(number));
                } else {
                    LaterTurns.subscribeLater(loop, () -> all.accept(number));
                }
            }
            loop.execute(() -> all.accept(-1));
        });

        assertThat(done.indexOf(-1)).isEqualTo(LaterTurns.FILTERS);
        assertThat(done.stream().filter(i -> i >= 0))
                .containsExactlyElementsOf(IntStream.range(0, MANY).boxed().toList());
    }

    @Test
    void after_very_many_deliveries_a_turn_has_enough_and_the_next_one_has_not() {
        List<Integer> done = done(3, all -> {
            boolean first = LaterTurns.hasEnough(loop, LaterTurns.DELIVERIES - 1);
            boolean small = LaterTurns.hasEnough(loop, LaterTurns.LARGE - 1);
            boolean second = LaterTurns.hasEnough(loop, LaterTurns.LARGE);
            all.accept(first || small ? 1 : 0);
            all.accept(second ? 1 : 0);
            LaterTurns.later(loop, () -> all.accept(LaterTurns.hasEnough(loop, LaterTurns.LARGE) ? 1 : 0));
        });

        assertThat(done).containsExactly(0, 1, 0);
    }

    @Test
    void a_piece_of_long_work_comes_after_what_is_there_already() {
        List<Integer> done = done(3, all -> {
            LaterTurns.later(loop, () -> all.accept(2));
            loop.execute(() -> all.accept(0));
            LaterTurns.flush(loop, () -> all.accept(1));
        });

        assertThat(done).containsExactly(0, 1, 2);
    }

    /** What was done in which order, once there is so much of it. */
    private List<Integer> done(int count, Consumer<Consumer<Integer>> work) {
        CompletableFuture<List<Integer>> result = new CompletableFuture<>();
        List<Integer> all = new ArrayList<>();
        loop.execute(() -> work.accept(i -> {
            all.add(i);
            if (all.size() == count) {
                result.complete(List.copyOf(all));
            }
        }));
        return result.orTimeout(30, TimeUnit.SECONDS).join();
    }
}
