package io.nightjar.conformance;

import io.nightjar.conformance.Statements.Kind;
import io.nightjar.conformance.Statements.Statement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Which statement is held by which tests and how they went, as {@code conformance.csv} and {@code conformance.md}. */
final class ConformanceReport {
    /** How a test, or all tests of a statement, went in this run. */
    enum Result {
        PASSED("passed"),
        FAILED("failed"),
        NOT_RUN("not run"),
        NO_TEST("no test"),
        EXCEPTION("exception");

        final String word;

        Result(String word) {
            this.word = word;
        }
    }

    /** One line: {@code note} is the reason of an exception. */
    private record Line(Statement statement, Result result, Set<String> tests, String note) {}

    private final List<Line> lines;

    /** @param results of the tests that ran, by {@link AnnotatedTests#name} */
    ConformanceReport(Statements statements, Map<String, Set<String>> tests, Map<String, Result> results) {
        lines = statements.byId.values().stream()
                .map(statement -> line(
                        statement,
                        tests.getOrDefault(statement.id(), Set.of()),
                        results,
                        statements.exceptions.getOrDefault(statement.id(), "")))
                .filter(line -> line.statement().kind().required || line.result() != Result.NO_TEST)
                .toList();
    }

    private static Line line(Statement statement, Set<String> tests, Map<String, Result> results, String exception) {
        Set<Result> seen = tests.stream()
                .map(test -> results.getOrDefault(test, Result.NOT_RUN))
                .collect(Collectors.toSet());
        Result result = Result.NOT_RUN;
        if (!exception.isEmpty()) {
            result = Result.EXCEPTION;
        } else if (tests.isEmpty()) {
            result = Result.NO_TEST;
        } else if (seen.contains(Result.FAILED)) {
            result = Result.FAILED;
        } else if (seen.contains(Result.PASSED)) {
            result = Result.PASSED;
        }
        return new Line(statement, result, tests, exception);
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("conformance.csv"), csv());
        Files.writeString(directory.resolve("conformance.md"), markdown());
    }

    private String csv() {
        StringBuilder out = new StringBuilder("statement,kind,result,tests,note\n");
        for (Line line : lines) {
            out.append(line.statement().id())
                    .append(',')
                    .append(line.statement().kind().name().toLowerCase(Locale.ROOT))
                    .append(',')
                    .append(line.result().word)
                    .append(',')
                    .append(String.join(" ", line.tests()))
                    .append(",\"")
                    .append(line.note().replace("\"", "\"\""))
                    .append("\"\n");
        }
        return out.toString();
    }

    private String markdown() {
        StringBuilder out =
                new StringBuilder("# Conformance\n\nWhat this run of the tests held. A statement passed when"
                        + " a test that names it ran and none failed.\n");
        for (Kind kind : Kind.values()) {
            List<Line> own = lines.stream()
                    .filter(line -> line.statement().kind() == kind)
                    .toList();
            out.append("\n## ")
                    .append(kind.title)
                    .append("\n\n")
                    .append(own.size())
                    .append(": ")
                    .append(counts(own))
                    .append(".\n\n| id | result | what | tests |\n|---|---|---|---|\n");
            for (Line line : own) {
                out.append("| ")
                        .append(line.statement().id())
                        .append(" | ")
                        .append(line.result().word)
                        .append(" | ")
                        .append(cell(line.statement().text()))
                        .append(" | ")
                        .append(line.note().isEmpty() ? shortNames(line.tests()) : cell(line.note()))
                        .append(" |\n");
            }
        }
        return out.toString();
    }

    private static String counts(List<Line> lines) {
        return lines.stream()
                .collect(Collectors.groupingBy(line -> line.result(), TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(entry -> entry.getValue() + " " + entry.getKey().word)
                .collect(Collectors.joining(", "));
    }

    private static String shortNames(Set<String> tests) {
        return tests.stream()
                .map(test -> test.replaceFirst("^[a-z0-9.]+\\.(?=[A-Z])", ""))
                .collect(Collectors.joining("<br>"));
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
