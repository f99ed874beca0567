package io.nightjar.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Detail.Answer;
import io.nightjar.mqtt.Detail.SessionRule;
import io.nightjar.mqtt.Detail.WillRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table that people read and the enum that the code obeys say the same, in the same order. */
class ReasonsTableTest {
    private static final Path TABLE =
            Path.of(System.getProperty("nightjar.project", "."), "src/main/java/io/nightjar/mqtt/REASONS.md");
    private static final Pattern WORD = Pattern.compile("`([a-z_]+)`");
    private static final Pattern CODE = Pattern.compile("0x([0-9A-F]{2})");

    /** One detail as the table has it. */
    record Row(
            String reason, String detail, @Nullable Integer code, Answer answer, WillRule will, SessionRule session) {
        @Override
        public String toString() {
            return reason + "/" + detail;
        }
    }

    @Test
    void table_and_enum_have_the_same_details_in_the_same_order() {
        List<String> table = rows().stream().map(Row::toString).toList();
        List<String> code = Arrays.stream(Detail.values())
                .map(detail -> detail.reason().word() + "/" + detail.word())
                .toList();

        assertThat(code).containsExactlyElementsOf(table);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void a_detail_does_what_its_row_says(Row row) {
        Detail detail = Arrays.stream(Detail.values())
                .filter(one ->
                        one.reason().word().equals(row.reason) && one.word().equals(row.detail))
                .findFirst()
                .orElseThrow();

        ReasonCode code = detail.code();
        Row inCode = new Row(
                detail.reason().word(),
                detail.word(),
                code == null ? null : code.value(),
                detail.answer(),
                detail.will(),
                detail.session());
        assertThat(inCode).usingRecursiveComparison().isEqualTo(row);
    }

    @Test
    void the_eight_reasons_are_those_of_the_enum() {
        List<String> table = section("## The eight reasons").stream()
                .map(cells -> cells.get(0).replace("`", ""))
                .toList();

        assertThat(Arrays.stream(Reason.values()).map(Reason::word)).containsExactlyElementsOf(table);
    }

    static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (List<String> cells : section("## Details")) {
            List<String> words = found(WORD, cells.get(1));
            List<String> codes = found(CODE, cells.get(3));
            for (int i = 0; i < words.size(); i++) {
                // one code each, or one for all; of alternatives ("0x89 or 0x9F") the first is the rule
                String code = codes.isEmpty() ? null : codes.get(words.size() == codes.size() ? i : 0);
                rows.add(new Row(
                        cells.get(0),
                        words.get(i),
                        code == null ? null : Integer.valueOf(code, 16),
                        answer(cells.get(3), code),
                        will(cells.get(4)),
                        session(cells.get(5))));
            }
        }
        return rows;
    }

    private static Answer answer(String cell, @Nullable String code) {
        if (code == null) {
            return Answer.NOTHING;
        }
        return cell.startsWith("CONNACK") ? Answer.CONNACK : Answer.DISCONNECT;
    }

    private static WillRule will(String cell) {
        if (cell.equals("-")) {
            return WillRule.NONE;
        } else if (cell.equals("no")) {
            return WillRule.NO;
        } else if (cell.startsWith("yes")) {
            return WillRule.YES;
        } else if (cell.equals("only if Will Delay is 0")) {
            return WillRule.WITHOUT_DELAY;
        }
        assertThat(cell).contains("client").contains("come back");
        return WillRule.DEFERRED;
    }

    private static SessionRule session(String cell) {
        if (cell.equals("-")) {
            return SessionRule.NONE;
        }
        String name = cell.startsWith("ended") ? "ended" : cell;
        return SessionRule.valueOf(name.toUpperCase(java.util.Locale.ROOT).replace(' ', '_'));
    }

    /** The rows of the first table after a heading, without its head. */
    private static List<List<String>> section(String heading) {
        List<String> lines;
        try {
            lines = Files.readAllLines(TABLE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines.stream()
                .skip(lines.indexOf(heading))
                .dropWhile(line -> !line.startsWith("|"))
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .map(line -> Arrays.stream(line.substring(1).split("\\|"))
                        .map(String::strip)
                        .toList())
                .toList();
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(ReasonsTableTest::group).toList();
    }

    private static String group(MatchResult result) {
        return result.group(1);
    }
}
