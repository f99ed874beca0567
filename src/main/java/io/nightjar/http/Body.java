package io.nightjar.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.ZoneId;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON object that came as a body. Only the names it may have are taken; a wrong value is a 400 that names it. */
final class Body {
    private final JsonNode node;

    private Body(JsonNode node) {
        this.node = node;
    }

    static Body of(JsonNode node, String... allowed) {
        if (!node.isObject()) {
            throw ApiException.badRequest("the body must be a JSON object");
        }
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!List.of(allowed).contains(name)) {
                throw ApiException.badRequest(
                        "unknown field " + Text.quote(name) + "; allowed are " + String.join(", ", allowed));
            }
        }
        return new Body(node);
    }

    boolean has(String name) {
        return node.hasNonNull(name);
    }

    /** A text of 1 to so many characters. */
    String text(String name, int longest) {
        String value = optionalText(name, longest);
        if (value == null || value.isEmpty()) {
            throw ApiException.badRequest(
                    "field " + name + " is missing; it is a text of 1 to " + longest + " characters");
        }
        return value;
    }

    @Nullable
    String optionalText(String name, int longest) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw ApiException.badRequest("field " + name + " must be a text");
        }
        if (value.asText().length() > longest) {
            throw ApiException.badRequest("field " + name + " is longer than " + longest + " characters");
        }
        return value.asText();
    }

    String word(String name, String otherwise, List<String> words) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isTextual() || !words.contains(value.asText())) {
            throw ApiException.badRequest(
                    "field " + name + " must be one of " + String.join(", ", words) + ", not " + shown(value));
        }
        return value.asText();
    }

    boolean flag(String name, boolean otherwise) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw ApiException.badRequest("field " + name + " must be true or false, not " + shown(value));
        }
        return value.asBoolean();
    }

    long number(String name, long otherwise, long min, long max) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < min || value.asLong() > max) {
            throw ApiException.badRequest(
                    "field " + name + " must be a whole number from " + min + " to " + max + ", not " + shown(value));
        }
        return value.asLong();
    }

    /** Milliseconds since 1970, or null if it is missing; RFC 3339 as text, or seconds since 1970 as number or text. */
    @Nullable
    Long time(String name, ZoneId zone) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        Long millis = value.isTextual() || value.isIntegralNumber() ? Times.parse(value.asText()) : null;
        if (millis == null) {
            throw ApiException.badRequest("field " + name + " must be a time like "
                    + Times.format(1_700_000_000_000L, zone) + " or seconds since 1970, not " + shown(value));
        }
        return millis;
    }

    private static String shown(JsonNode value) {
        return Text.quote(value.isTextual() ? value.asText() : value.toString());
    }
}
