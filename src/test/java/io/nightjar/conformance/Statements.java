package io.nightjar.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tables in {@code src/test/resources/conformance}: what Nightjar must do, in own words.
 *
 * <pre>
 * mqtt5.csv, mqtt311.csv  the numbered statements that bind a server
 * rules.csv               rules of MQTT 5 (and of the decoder) without a number, or with a number that binds the client
 * client-duties.csv       the other statements: a test may name them, none has to
 * often-wrong.csv         the 40 rules that brokers are known to get wrong
 * exceptions.csv          what has no test, and why
 * </pre>
 */
final class Statements {
    /** What a row is, in the order of the report. */
    enum Kind {
        MQTT_5("Statements of MQTT 5.0", true),
        MQTT_3_1_1("Statements of MQTT 3.1.1", true),
        RULE("Rules without a statement of their own", true),
        OFTEN_WRONG("The 40 that brokers get wrong", true),
        CLIENT_DUTY("Statements that bind clients", false);

        final String title;

        /** Whether each one needs a test or an exception. */
        final boolean required;

        Kind(String title, boolean required) {
            this.title = title;
            this.required = required;
        }
    }

    /** One thing to hold; {@code id} is {@code 5.0/3.3.4-9} or {@code often-wrong/17}. */
    record Statement(String id, Kind kind, String text) {}

    /** All, by id, in the order of the tables. */
    final Map<String, Statement> byId = new LinkedHashMap<>();

    /** Reasons of the exceptions by id. */
    final Map<String, String> exceptions = new LinkedHashMap<>();

    private Statements() {}

    static Statements load() {
        Statements all = new Statements();
        all.add(Kind.MQTT_5, "mqtt5.csv", "statement");
        all.add(Kind.MQTT_3_1_1, "mqtt311.csv", "statement");
        all.add(Kind.RULE, "rules.csv", "statement");
        for (Map<String, String> row : rows("often-wrong.csv")) {
            all.add(new Statement(oftenWrong(Integer.parseInt(row.get("number"))), Kind.OFTEN_WRONG, row.get("title")));
        }
        all.add(Kind.CLIENT_DUTY, "client-duties.csv", "statement");
        for (Map<String, String> row : rows("exceptions.csv")) {
            all.exceptions.put(row.get("id"), row.get("reason"));
        }
        return all;
    }

    static String oftenWrong(int number) {
        return "often-wrong/" + number;
    }

    private void add(Kind kind, String file, String column) {
        for (Map<String, String> row : rows(file)) {
            add(new Statement(row.get("id"), kind, row.get(column)));
        }
    }

    private void add(Statement statement) {
        if (byId.put(statement.id(), statement) != null) {
            throw new IllegalStateException(statement.id() + " is there twice");
        }
    }

    /** Rows of a table as column name to value. */
    static List<Map<String, String>> rows(String file) {
        try (InputStream in = Statements.class.getResourceAsStream("/conformance/" + file)) {
            if (in == null) {
                throw new IllegalStateException("there is no conformance/" + file);
            }
            List<List<String>> lines = parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            List<Map<String, String>> rows = new ArrayList<>();
            for (List<String> line : lines.subList(1, lines.size())) {
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 0; i < lines.get(0).size(); i++) {
                    row.put(lines.get(0).get(i), line.get(i));
                }
                rows.add(row);
            }
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** RFC 4180: commas, quoted fields, quotes doubled inside of them. */
    private static List<List<String>> parse(String text) {
        List<List<String>> lines = new ArrayList<>();
        List<String> line = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                field.append('"');
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == ',' || c == '\n')) {
                line.add(field.toString());
                field.setLength(0);
                if (c == '\n') {
                    lines.add(line);
                    line = new ArrayList<>();
                }
            } else if (quoted || c != '\r') {
                field.append(c);
            }
        }
        return lines;
    }
}
