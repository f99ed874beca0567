package io.nightjar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The tables of statements and the tests that name them fit together. */
class ConformanceTest {
    private final Statements statements = Statements.load();
    private final Map<String, Set<String>> tests = AnnotatedTests.byStatement();

    @Test
    void the_tables_are_whole() {
        Map<Statements.Kind, Long> counts = statements.byId.values().stream()
                .collect(java.util.stream.Collectors.groupingBy(
                        statement -> statement.kind(), java.util.stream.Collectors.counting()));

        assertThat(counts)
                .containsEntry(Statements.Kind.MQTT_5, 202L)
                .containsEntry(Statements.Kind.MQTT_3_1_1, 106L)
                .containsEntry(Statements.Kind.OFTEN_WRONG, 40L);
    }

    @Test
    void the_40_name_statements_that_exist() {
        for (Map<String, String> row : Statements.rows("often-wrong.csv")) {
            assertThat(statements.byId.keySet())
                    .as("number %s", row.get("number"))
                    .contains(row.get("ids").split(" "));
        }
    }

    @Test
    void every_test_names_statements_that_exist() {
        tests.forEach((id, names) ->
                assertThat(statements.byId).as("named by %s", names).containsKey(id));
    }

    @Test
    void every_statement_and_each_of_the_40_has_a_test_or_an_exception() {
        assertThat(statements.byId.values())
                .filteredOn(statement -> statement.kind().required)
                .extracting(Statements.Statement::id)
                .filteredOn(id -> !tests.containsKey(id) && !statements.exceptions.containsKey(id))
                .as("without a test; where there can be none, exceptions.csv says why")
                .isEmpty();
    }

    @Test
    void an_exception_names_a_statement_without_a_test_and_says_why() {
        statements.exceptions.forEach((id, reason) -> {
            assertThat(statements.byId).as("exceptions.csv").containsKey(id);
            assertThat(tests).as("exceptions.csv").doesNotContainKey(id);
            assertThat(reason).as("reason for %s", id).isNotBlank();
        });
    }
}
