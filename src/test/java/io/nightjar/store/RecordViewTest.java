package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.mqtt.Cidr;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Bytes that were torn by a death, or never were a record, cost a reader nothing. */
class RecordViewTest {
    private final RecorderWords words =
            new RecorderWords(ByteBuffer.allocate(RecorderLayout.WORDS).order(Memory.ORDER));

    private static EventFilter filter() {
        return new EventFilter(
                Set.of(),
                Set.of("normal"),
                Set.of("disconnect"),
                Set.of("client"),
                null,
                null,
                "user",
                Cidr.parse("10.0.0.0/8"),
                "tcp:default",
                Long.MIN_VALUE,
                Long.MAX_VALUE);
    }

    @Test
    void reading_what_is_no_record_ends_and_takes_no_memory() {
        words.addKnown();
        RecordMatcher matcher = new RecordMatcher(filter(), words);
        Random random = new Random(20_261_126);
        byte[] bytes = new byte[512];

        int read = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            int ends = 0;
            for (int i = 0; i < 50_000; i++) {
                random.nextBytes(bytes);
                if (i % 2 == 0) {
                    bytes[RecordFormat.CLIENT_ID_LENGTH] = (byte) (i % 32);
                    bytes[RecordFormat.CLIENT_ID_LENGTH + 1] = 0;
                    bytes[RecordFormat.HEAD + i % 32] = (byte) (i % 6);
                }
                ends += reads(bytes, matcher) ? 1 : 0;
            }
            return ends;
        });

        assertThat(read).isPositive();
    }

    @Test
    void an_advice_that_names_a_figure_is_no_word_for_ever() {
        words.addKnown();
        RecordWriter writer = new RecordWriter(words, 1);
        writer.begin("ended", 1, "c", "");
        writer.text("advice", "mend the client");
        int before = words.size();

        writer.text("advice", "the path is 17 ms long");
        writer.text("advice", "ask 10.0.0.1");

        assertThat(words.size()).isEqualTo(before);
        assertThat(words.number("mend the client")).isPositive();
    }

    @Test
    void a_length_that_would_go_back_or_beyond_is_no_length() {
        for (long length : new long[] {-1, -3, Integer.MAX_VALUE, 1L << 32, 1L << 40, Long.MAX_VALUE}) {
            for (int type : new int[] {RecordFormat.TEXT, RecordFormat.CUT_TEXT, RecordFormat.MARKS}) {
                byte[] bytes = new byte[128];
                int at = RecordFormat.HEAD;
                bytes[at++] = RecordFormat.NO_PEER;
                bytes[at++] = 100; // a name
                bytes[at++] = (byte) type;
                for (long rest = length; at < RecordFormat.HEAD + 13; rest >>>= 7) {
                    bytes[at++] = (byte) (rest >>> 7 == 0 ? rest : rest | 0x80);
                    if (rest >>> 7 == 0) {
                        break;
                    }
                }

                RecordView view = new RecordView(words);
                view.set(bytes, 0);
                view.toFields();
                assertThat(view.nextField()).isTrue();
                assertThat(failsToSkip(view)).as("%d of type %d", length, type).isTrue();
            }
        }
    }

    private static boolean failsToSkip(RecordView view) {
        try {
            view.skip();
            return false;
        } catch (IndexOutOfBoundsException expected) {
            return true;
        }
    }

    private boolean reads(byte[] bytes, RecordMatcher matcher) {
        RecordView view = new RecordView(words);
        view.set(bytes, 0);
        try {
            matcher.wants(view);
            view.hasField(1);
            view.event(null);
            return true;
        } catch (IndexOutOfBoundsException damaged) {
            return false;
        }
    }
}
