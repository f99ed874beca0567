package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.metrics.Counters;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many event loops write while others read, and the ring goes round under the readers. */
class RecorderThreadsTest {
    private static final int WRITERS = 4;
    private static final int EVENTS = 40_000;

    private final RecorderFile recorder = RecorderFile.inMemory(1 << 20, "n", new Counters());

    @Test
    void readers_see_whole_events_in_order_whatever_is_written_meanwhile() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong seen = new AtomicLong();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> readers = new ArrayList<>();
            readers.add(threads.submit(() -> readUntil(done, seen, EventFilter.ALL)));
            readers.add(threads.submit(() -> readUntil(done, seen, EventFilter.ofClient("w2", 0, Long.MAX_VALUE))));
            List<Future<?>> writers = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int writer = w;
                writers.add(threads.submit(() -> write("w" + writer)));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
            done.set(true);
            for (Future<?> reader : readers) {
                reader.get();
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(seen.get()).isGreaterThan(1_000);
        List<RecordedEvent> last =
                recorder.find(EventFilter.ALL, Long.MAX_VALUE, 1).events();
        assertThat(last).extracting(RecordedEvent::atMillis).containsExactly((EVENTS - 1) * 1000L);
    }

    private void write(String clientId) {
        for (int i = 0; i < EVENTS; i++) {
            String filter = (clientId + "/" + i + "/").repeat(1 + i % 17);
            recorder.subscribed(i * 1000L, clientId, filter, i);
        }
    }

    private void readUntil(AtomicBoolean done, AtomicLong seen, EventFilter filter) {
        while (!done.get()) {
            long[] last = new long[WRITERS];
            java.util.Arrays.fill(last, Long.MAX_VALUE);
            recorder.scan(filter, event -> {
                int i = (int) (event.atMillis() / 1000);
                String expected = (event.clientId() + "/" + i + "/").repeat(1 + i % 17);
                int writer = event.clientId().charAt(1) - '0';
                if (!expected.equals(event.text("filter"))
                        || !Long.valueOf(i).equals(event.number("code"))
                        || event.atMillis() >= last[writer]) {
                    throw new AssertionError("torn or out of order: " + event);
                }
                last[writer] = event.atMillis();
                seen.incrementAndGet();
            });
        }
    }
}
