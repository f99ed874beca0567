package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.ConformanceReport.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the report says of a statement, by how its tests went. */
class ConformanceReportTest {
    private static final String ID = "5.0/3.3.4-9";

    @TempDir
    private Path directory;

    private String write(Map<String, Set<String>> tests, Map<String, Result> results) throws IOException {
        new ConformanceReport(Statements.load(), tests, results).write(directory);
        return Files.readString(directory.resolve("conformance.csv"));
    }

    @ParameterizedTest(name = "one test {0}, the other {1}: {2}")
    @CsvSource({
        "PASSED, PASSED, passed",
        "PASSED, NOT_RUN, passed",
        "PASSED, FAILED, failed",
        "FAILED, NOT_RUN, failed",
        "NOT_RUN, NOT_RUN, not run"
    })
    void a_statement_passed_when_one_of_its_tests_did_and_none_failed(Result one, Result other, String word)
            throws IOException {
        Map<String, Set<String>> tests = Map.of(ID, Set.of("a.ATest.one"), "5.0/3.3.4-10", Set.of("a.ATest.other"));
        Map<String, Set<String>> both = Map.of(ID, Set.of("a.ATest.one", "a.ATest.other"));

        String csv = write(both, Map.of("a.ATest.one", one, "a.ATest.other", other));

        assertThat(csv).containsPattern("(?m)^" + ID + ",mqtt_5," + word + ",a\\.ATest\\.o");
        assertThat(write(tests, Map.of("a.ATest.one", Result.PASSED)))
                .containsPattern("(?m)^" + ID + ",mqtt_5,passed,a\\.ATest\\.one,")
                .containsPattern("(?m)^5\\.0/3\\.3\\.4-10,mqtt_5,not run,a\\.ATest\\.other,");
    }

    @Test
    void a_statement_without_a_test_is_in_the_report_and_in_both_forms_of_it() throws IOException {
        String csv = write(Map.of(), Map.of());

        assertThat(csv).contains(ID + ",mqtt_5,no test,").contains("often-wrong/40,often_wrong,no test,");
        assertThat(Files.readString(directory.resolve("conformance.md")))
                .contains("| " + ID + " | no test | The server keeps unfinished");
    }
}
