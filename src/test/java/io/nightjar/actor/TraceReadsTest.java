package io.nightjar.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A disk that hangs holds two threads and a bounded number of reads. */
class TraceReadsTest {
    private final TraceReads reads = new TraceReads();
    private final CountDownLatch disk = new CountDownLatch(1);
    private final AtomicInteger read = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();

    @AfterEach
    void stop() {
        disk.countDown();
        reads.stop();
    }

    private String hang() {
        try {
            disk.await();
            return "read";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private void answered(String answer) {
        (answer.equals("read") ? read : busy).incrementAndGet();
    }

    @Test
    void what_is_too_much_is_answered_at_once_and_the_rest_when_the_disk_goes_on() {
        int places = TraceReads.THREADS + TraceReads.WAITING;
        for (int i = 0; i < places + 10; i++) {
            reads.answer(this::answered, this::hang, () -> "busy");
        }
        assertThat(busy).hasValue(10);
        assertThat(read).hasValue(0);

        disk.countDown();

        await().atMost(Duration.ofSeconds(20)).until(() -> read.get() == places);
        reads.answer(this::answered, () -> "read", () -> "busy");
        await().atMost(Duration.ofSeconds(20)).until(() -> read.get() == places + 1);
        assertThat(busy).hasValue(10);
    }

    @Test
    void after_the_end_it_is_busy() {
        reads.stop();

        reads.answer(this::answered, () -> "read", () -> "busy");

        assertThat(busy).hasValue(1);
        assertThat(read).hasValue(0);
    }
}
