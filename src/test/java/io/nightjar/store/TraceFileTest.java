package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceFileTest {
    @TempDir
    private Path root;

    private TraceFile file(long maxSize) {
        return file("t1", "g1", maxSize);
    }

    private TraceFile file(String name, String generation, long maxSize) {
        return new TraceFile(root, name, generation, maxSize, removed -> "rotated " + removed);
    }

    private static String text(TraceFile.Piece piece) {
        return piece.text().text();
    }

    private static String all(TraceFile file) throws IOException {
        return text(file.read(TraceFile.START, 1_000_000));
    }

    @Test
    void lines_are_read_back_in_pieces_of_whole_lines() throws IOException {
        TraceFile file = file(10_000);
        file.append("one");
        file.append("two");
        file.append("three");
        file.flush();

        TraceFile.Piece first = file.read(TraceFile.START, 9);
        TraceFile.Piece second = file.read(first.position(), 100);

        assertThat(text(first)).isEqualTo("one\ntwo\n");
        assertThat(first.end()).isFalse();
        assertThat(text(second)).isEqualTo("three\n");
        assertThat(second.end()).isTrue();
        file.close();
    }

    @Test
    void a_reader_at_the_end_goes_on_when_more_comes() throws IOException {
        TraceFile file = file(10_000);
        TraceFile.Piece nothing = file.read(TraceFile.START, 10);
        file.append("one");
        file.flush();
        TraceFile.Piece one = file.read(nothing.position(), 10);
        TraceFile.Piece end = file.read(one.position(), 10);
        file.append("two");
        file.flush();
        TraceFile.Piece two = file.read(end.position(), 10);

        assertThat(text(nothing)).isEmpty();
        assertThat(text(one)).isEqualTo("one\n");
        assertThat(text(end)).isEmpty();
        assertThat(text(two)).isEqualTo("two\n");
        file.close();
    }

    @Test
    void a_line_longer_than_the_piece_comes_in_parts() throws IOException {
        TraceFile file = file(10_000);
        file.append("abcdefgh");
        file.append("i");
        file.flush();

        TraceFile.Piece first = file.read(TraceFile.START, 5);
        TraceFile.Piece second = file.read(first.position(), 5);

        assertThat(text(first)).isEqualTo("abcde");
        assertThat(text(second)).isEqualTo("fgh\n");
        file.close();
    }

    @Test
    void the_oldest_lines_go_when_the_file_is_full_and_a_line_says_so() throws IOException {
        TraceFile file = file(400);
        for (int i = 0; i < 100; i++) {
            file.append("line-%03d".formatted(i));
        }
        file.flush();

        String all = all(file);

        assertThat(file.size()).isLessThanOrEqualTo(400).isEqualTo(all.length());
        assertThat(all).contains("rotated ").endsWith("line-099\n").doesNotContain("line-000");
        assertThat(all.lines().filter(line -> line.startsWith("line-")))
                .isSorted()
                .hasSizeGreaterThan(25);
        assertThat(file.figures().lines()).isGreaterThan(100);
        try (Stream<Path> files = Files.list(root.resolve("t1"))) {
            assertThat(files.filter(path -> path.toString().endsWith(".log"))).hasSize(4);
        }
        file.close();
    }

    @Test
    void a_cursor_survives_rotation_until_its_lines_are_gone() throws IOException {
        TraceFile file = file(400);
        for (int i = 0; i < 30; i++) {
            file.append("line-%03d".formatted(i));
        }
        file.flush();
        TraceFile.Piece first = file.read(TraceFile.START, 18);
        for (int i = 30; i < 43; i++) {
            file.append("line-%03d".formatted(i));
        }
        file.flush();
        TraceFile.Piece late = file.read(first.position(), 100_000);
        for (int i = 43; i < 100; i++) {
            file.append("line-%03d".formatted(i));
        }
        file.flush();

        assertThat(text(first)).isEqualTo("line-000\nline-001\n");
        assertThat(text(late)).startsWith("line-002\n").endsWith("line-042\n");
        assertThatThrownBy(() -> file.read(first.position(), 18))
                .isInstanceOfSatisfying(
                        TraceCursorException.class, e -> assertThat(e.isStale()).isTrue());
        file.close();
    }

    @Test
    void the_start_of_a_piece_gives_the_same_bytes_until_they_are_gone() throws IOException {
        TraceFile file = file(400);
        for (int i = 0; i < 30; i++) {
            file.append("line-%03d".formatted(i));
        }
        file.flush();
        TraceFile.Piece first = file.read(TraceFile.START, 18);
        TraceFile.Piece further = file.read(first.start() + "+180", 9);
        TraceFile.Piece end = file.read(TraceFile.END, 9);
        for (int i = 30; i < 50; i++) {
            file.append("line-%03d".formatted(i));
        }
        file.flush();

        assertThat(text(further)).isEqualTo("line-020\n");
        assertThat(text(file.read(further.start(), 9))).isEqualTo(text(further));
        assertThat(text(file.read(end.start(), 9))).isEqualTo("line-030\n");
        assertThatThrownBy(() -> file.read(first.start(), 18))
                .as("the beginning is another one by now")
                .isInstanceOfSatisfying(
                        TraceCursorException.class, e -> assertThat(e.isStale()).isTrue());
        file.close();
    }

    @Test
    void walking_by_pieces_meets_every_line_once_while_it_rotates() throws IOException {
        TraceFile file = file(4_000);
        StringBuilder walked = new StringBuilder();
        String position = TraceFile.START;
        for (int i = 0; i < 2_000; i++) {
            file.append("line-%04d".formatted(i));
            if (i % 20 == 0) {
                file.flush();
                TraceFile.Piece piece;
                do {
                    piece = file.read(position, 64);
                    position = piece.position();
                    walked.append(text(piece));
                } while (!piece.end());
            }
        }
        file.flush();
        walked.append(text(file.read(position, 10_000)));

        assertThat(walked.toString().lines().filter(line -> line.startsWith("line-")))
                .hasSize(2_000)
                .doesNotHaveDuplicates()
                .isSorted();
        file.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1", "x", "g1-1", "g1-1-x", "g1--1-0", "g1-1-0-0", "../../etc", "g1-9999999999999999999-0"})
    void what_never_was_a_position_is_not_called_stale(String position) throws IOException {
        TraceFile file = file(400);
        file.append("one");
        file.flush();

        assertThatThrownBy(() -> file.read(position, 10))
                .isInstanceOfSatisfying(
                        TraceCursorException.class, e -> assertThat(e.isStale()).isFalse());
        file.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"other-1-0", "g1-2-0", "g1-0-0", "g1-1-999"})
    void a_position_of_lines_that_are_not_there_is_stale(String position) throws IOException {
        TraceFile file = file(400);
        file.append("one");
        file.flush();

        assertThatThrownBy(() -> file.read(position, 10))
                .isInstanceOfSatisfying(
                        TraceCursorException.class, e -> assertThat(e.isStale()).isTrue());
        file.close();
    }

    @Test
    void after_a_restart_it_goes_on_where_it_was() throws IOException {
        String cursor;
        try (TraceFile before = file(400)) {
            for (int i = 0; i < 100; i++) {
                before.append("line-%03d".formatted(i));
                before.note(1_000 + i, i == 5 ? "takeovered" : null);
            }
            before.append("3 are missing", 0, 3);
            before.flush();
            cursor = before.read(TraceFile.START, 18).position();
        }
        TraceFile.Figures expected = file(400).figures();

        TraceFile after = file(400);
        after.append("line-100");
        after.flush();

        assertThat(expected.lastEventAtMillis()).isEqualTo(1_099);
        assertThat(expected.lastReason()).isEqualTo("takeovered");
        assertThat(expected.dropped()).isEqualTo(3);
        assertThat(after.figures().lines()).isEqualTo(expected.lines() + 1);
        assertThat(text(after.read(cursor, 100_000))).endsWith("line-099\n3 are missing\nline-100\n");
        after.close();
    }

    @Test
    void a_line_that_a_crash_cut_short_is_removed() throws IOException {
        try (TraceFile before = file(400)) {
            before.append("one");
        }
        Files.writeString(root.resolve("t1/t1.g1.1.log"), "tw", StandardOpenOption.APPEND);

        try (TraceFile after = file(400)) {
            after.append("three");
            after.flush();
            assertThat(all(after)).isEqualTo("one\nthree\n");
        }
    }

    @Test
    void a_new_trace_of_the_same_name_sees_nothing_of_the_old_one() throws IOException {
        TraceFile old = file("t1", "g1", 400);
        old.append("old");
        old.flush();
        String cursor = old.read(TraceFile.START, 10).position();
        TraceFile fresh = file("t1", "g2", 400);
        fresh.append("new");
        fresh.flush();

        old.delete();

        assertThat(all(fresh)).isEqualTo("new\n");
        assertThatThrownBy(() -> fresh.read(cursor, 10)).isInstanceOf(TraceCursorException.class);
        fresh.delete();
        assertThat(root.resolve("t1")).doesNotExist();
        fresh.delete();
    }

    @Test
    void the_longest_name_there_can_be_fits() throws IOException {
        try (TraceFile file = file("n".repeat(256), "g1", 400)) {
            file.append("one");
            file.flush();
            assertThat(all(file)).isEqualTo("one\n");
        }
    }

    @Test
    void a_full_disk_is_an_exception_and_the_file_can_be_used_again() throws IOException {
        assumeTrue(Files.exists(Path.of("/dev/full")));
        Files.createDirectories(root.resolve("t1"));
        Path segment = Files.createSymbolicLink(root.resolve("t1/t1.g1.1.log"), Path.of("/dev/full"));
        TraceFile file = file(400);
        file.append("one");

        assertThatThrownBy(file::flush).isInstanceOf(IOException.class).hasMessageContaining("space");

        Files.delete(segment);
        file.append("two");
        file.flush();
        assertThat(all(file)).isEqualTo("two\n");
        file.close();
    }

    @Test
    void readers_and_the_writer_do_not_disturb_each_other() throws Exception {
        TraceFile file = file(8_000);
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Future<Long> walked = pool.submit(() -> {
                long lines = 0;
                String position = TraceFile.START;
                while (lines < 1_000) {
                    try {
                        TraceFile.Piece piece = file.read(position, 512);
                        position = piece.position();
                        assertThat(text(piece)).matches(t -> t.isEmpty() || t.endsWith("\n"));
                        lines += text(piece).lines().count();
                    } catch (TraceCursorException e) {
                        assertThat(e.isStale()).isTrue();
                        position = TraceFile.START;
                    }
                }
                return lines;
            });
            for (int i = 0; !walked.isDone(); i++) {
                file.append("line-%09d".formatted(i));
                file.flush();
            }
            assertThat(walked.get()).isGreaterThanOrEqualTo(1_000);
        } finally {
            pool.shutdownNow();
            file.close();
        }
    }

    @Test
    void definitions_are_replaced_as_a_whole() throws IOException {
        TraceDefinitionsFile definitions = new TraceDefinitionsFile(root.resolve("trace"));

        assertThat(definitions.read()).isNull();
        definitions.write("[1,2,3]");
        definitions.write("[1]");

        assertThat(definitions.read()).isEqualTo("[1]");
        assertThat(definitions.setAside()).hasContent("[1]");
        assertThat(definitions.read()).isNull();
    }
}
