package io.nightjar.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One range of bytes of a whole whose length is known.
 *
 * @param first from 0
 * @param last inclusive; smaller than the first if there is nothing at that place
 */
record ByteRange(long first, long last) {
    private static final Pattern ONE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /** What a header {@code Range} asks for; null if it is none, or several: then all is sent. */
    static @Nullable ByteRange parse(String header, long size) {
        Matcher matched = ONE.matcher(header.replace(" ", ""));
        if (!matched.matches()) {
            return null;
        }
        String first = matched.group(1);
        String last = matched.group(2);
        if (first.isEmpty()) {
            return last.isEmpty() ? null : new ByteRange(Math.max(0, size - Long.parseLong(last)), size - 1);
        }
        long from = Long.parseLong(first);
        long to = last.isEmpty() ? size - 1 : Long.parseLong(last);
        return to < from && !last.isEmpty() ? null : new ByteRange(from, Math.min(to, size - 1));
    }

    boolean isEmpty() {
        return last < first;
    }

    long length() {
        return last - first + 1;
    }
}
