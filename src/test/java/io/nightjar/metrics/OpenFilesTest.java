package io.nightjar.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFilesTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path directory;

    private final AtomicLong now = new AtomicLong();

    @Test
    void where_the_system_tells_the_number_nothing_is_listed() throws Exception {
        Path told = Files.writeString(directory.resolve("fd"), "12345");
        AtomicInteger listed = new AtomicInteger();
        OpenFiles files = new OpenFiles(told, listed::incrementAndGet, now::get);

        now.addAndGet(100 * SECOND);

        assertThat(files.count()).isEqualTo(5);
        assertThat(listed).hasValue(0);
    }

    @Test
    void else_the_number_is_that_of_some_seconds_ago_and_no_caller_waits_for_the_next() throws Exception {
        Path untold = Files.writeString(directory.resolve("fd"), "");
        CountDownLatch listing = new CountDownLatch(1);
        AtomicInteger listed = new AtomicInteger();
        OpenFiles files = new OpenFiles(
                untold,
                () -> {
                    if (listed.incrementAndGet() == 1) {
                        return 70;
                    }
                    try {
                        listing.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return 80;
                },
                now::get);

        now.addAndGet(9 * SECOND);
        assertThat(files.count()).isEqualTo(70);
        assertThat(listed).hasValue(1);
        now.addAndGet(SECOND);
        assertThat(files.count()).isEqualTo(70);
        assertThat(files.count()).isEqualTo(70);
        listing.countDown();

        await().until(() -> files.count() == 80);
        assertThat(listed).hasValue(2);
    }

    @Test
    void a_system_without_such_a_directory_is_asked_through_the_jvm() {
        assertThat(new OpenFiles(directory.resolve("none"), () -> 7, now::get).count())
                .isEqualTo(7);
    }
}
