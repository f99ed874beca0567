package io.nightjar.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The target of a request, taken apart from the raw bytes of the request line: the path is split at its slashes first
 * and decoded after that, so that {@code %2F} stays inside its segment and a ClientID may hold anything.
 *
 * @param path as it was sent, without the query
 * @param segments decoded
 * @param query decoded names and their values in order; {@code +} is a space there
 */
record Target(String path, List<String> segments, Map<String, List<String>> query) {
    /** @throws ApiException 400 if a percent sign is not followed by two hexadecimal digits or the bytes are no UTF-8 */
    static Target parse(String raw) {
        int question = raw.indexOf('?');
        String path = question < 0 ? raw : raw.substring(0, question);
        int fragment = path.indexOf('#');
        path = fragment < 0 ? path : path.substring(0, fragment);
        if (!path.startsWith("/")) {
            int authority = path.indexOf("://");
            int slash = authority < 0 ? -1 : path.indexOf('/', authority + 3);
            path = slash < 0 ? "/" : path.substring(slash);
        }
        List<String> segments = new ArrayList<>();
        for (String segment : path.substring(1).split("/", -1)) {
            segments.add(decode(segment, false));
        }
        return new Target(path, segments, question < 0 ? Map.of() : query(raw.substring(question + 1)));
    }

    private static Map<String, List<String>> query(String raw) {
        Map<String, List<String>> query = new LinkedHashMap<>();
        for (String pair : raw.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = decode(equals < 0 ? pair : pair.substring(0, equals), true);
                String value = equals < 0 ? "" : decode(pair.substring(equals + 1), true);
                query.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
            }
        }
        return query;
    }

    /** Decodes percent escapes as UTF-8, strictly. */
    static String decode(String text, boolean plusIsSpace) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        byte[] in = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(in.length);
        for (int i = 0; i < in.length; i++) {
            if (in[i] == '%') {
                int high = i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
                int low = i + 2 < in.length ? Character.digit(in[i + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    throw ApiException.badRequest(
                            "a percent sign in the address needs two hexadecimal digits after it; write %25 for the"
                                    + " sign itself");
                }
                out.put((byte) (high << 4 | low));
                i += 2;
            } else {
                out.put(plusIsSpace && in[i] == '+' ? (byte) ' ' : in[i]);
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(out.flip()).toString();
        } catch (CharacterCodingException e) {
            throw ApiException.badRequest("the percent escapes in the address are no UTF-8");
        }
    }
}
