package io.nightjar.load;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** One line of JSON: names and numbers in order. */
final class Report {
    private final Map<String, Object> fields = new LinkedHashMap<>();

    Report put(String name, Object value) {
        fields.put(name, value);
        return this;
    }

    @Override
    public String toString() {
        StringBuilder json = new StringBuilder("{");
        fields.forEach((name, value) -> {
            json.append(json.length() > 1 ? ", " : "").append('"').append(name).append("\": ");
            if (value instanceof Double number) {
                json.append(String.format(Locale.ROOT, "%.3f", number));
            } else if (value instanceof Number) {
                json.append(value);
            } else {
                json.append('"')
                        .append(value.toString().replace("\\", "\\\\").replace("\"", "\\\""))
                        .append('"');
            }
        });
        return json.append('}').toString();
    }
}
