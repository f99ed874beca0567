package io.nightjar.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.PacketType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table {@code diagnosis/verdicts.txt}, row by row. */
class VerdictsTest {
    private static final Path TABLE = Path.of("src/test/resources/diagnosis/verdicts.txt");
    private static final Pattern PAIR = Pattern.compile("(\\w+)=('[^']*'|\\S+)");

    record Row(String what, Map<String, String> facts, Map<String, String> evidence, String verdict) {
        @Override
        public String toString() {
            return what + " " + facts + " " + evidence;
        }
    }

    static Stream<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        String what = "";
        Map<String, String> facts = Map.of();
        Map<String, String> evidence = new LinkedHashMap<>();
        String verdict = "";
        for (String line : Files.readAllLines(TABLE)) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            } else if (line.startsWith("  =>")) {
                verdict = line.substring(4).strip();
                rows.add(new Row(what, facts, evidence, verdict));
            } else if (line.startsWith("  ")) {
                evidence.putAll(pairs(line));
            } else {
                what = line.split(" ")[0];
                facts = pairs(line);
                evidence = new LinkedHashMap<>();
            }
        }
        return rows.stream();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void every_row_holds(Row row) {
        DisconnectReason reason = new DisconnectReason(detail(row.what), null, row.facts);

        Verdict verdict = Verdicts.of(reason, evidence(row.evidence));

        assertThat(verdict.side() + " " + verdict.confidence() + ": " + verdict.advice())
                .isEqualTo(row.verdict);
    }

    @Test
    void the_table_has_at_least_forty_rows_and_no_two_alike() throws IOException {
        List<Row> rows = rows().toList();

        assertThat(rows).hasSizeGreaterThanOrEqualTo(40).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("details")
    void every_detail_has_a_verdict_without_facts_too(Detail detail) {
        Verdict verdict = Verdicts.of(DisconnectReason.of(detail), evidence(Map.of()));

        assertThat(verdict.advice()).isNotBlank().doesNotContain("null").doesNotContain("\n");
    }

    static Stream<Detail> details() {
        return Arrays.stream(Detail.values());
    }

    private static Map<String, String> pairs(String line) {
        Map<String, String> pairs = new LinkedHashMap<>();
        Matcher pair = PAIR.matcher(line);
        while (pair.find()) {
            String value = pair.group(2);
            pairs.put(pair.group(1), value.startsWith("'") ? value.substring(1, value.length() - 1) : value);
        }
        return pairs;
    }

    private static Detail detail(String what) {
        return details()
                .filter(detail -> what.equals(detail.reason().word() + "/" + detail.word()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no detail " + what));
    }

    /** What a row says, and of the rest nothing. */
    private static Evidence evidence(Map<String, String> said) {
        Map<String, String> left = new TreeMap<>(said);
        Map<String, String> carrier = new LinkedHashMap<>();
        for (String name : List.of("proxy", "sni")) {
            if (left.containsKey(name)) {
                carrier.put(name, left.remove(name));
            }
        }
        long connectedFor = number(left, "connected_for_ms", 100_000L);
        long packetsIn = number(left, "packets_in", 0L);
        long bytesIn = number(left, "bytes_in", 0L);
        Long lastIn = number(left, "last_in_age_ms", null);
        Long lastOut = number(left, "last_out_age_ms", null);
        List<Evidence.PacketMark> out = marks(left.remove("last_out"));
        Map<String, Object> socket = new LinkedHashMap<>();
        left.forEach((name, value) -> socket.put(name, Long.valueOf(value)));
        return new Evidence(
                "dev-1",
                "alice",
                "10.0.0.7:40000",
                "tcp:default",
                "tcp",
                carrier,
                "n1",
                "5.0",
                true,
                60,
                0L,
                connectedFor,
                packetsIn,
                0,
                0,
                0,
                bytesIn,
                0,
                lastIn,
                lastOut,
                null,
                null,
                0,
                List.of(),
                out,
                socket);
    }

    private static @Nullable Long number(Map<String, String> from, String name, @Nullable Long otherwise) {
        String value = from.remove(name);
        return value == null ? otherwise : Long.valueOf(value);
    }

    private static List<Evidence.PacketMark> marks(@Nullable String types) {
        return types == null
                ? List.of()
                : Stream.of(types.split(","))
                        .map(type -> new Evidence.PacketMark(PacketType.valueOf(type), 0, 4, 3))
                        .toList();
    }
}
