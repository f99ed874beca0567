package io.nightjar.diagnosis;

import java.util.Locale;

/** Lengths of time as people say them. */
final class Durations {
    private Durations() {}

    /** {@code 0.8 s}, {@code 60 s}, {@code 5 min}. */
    static String text(long millis) {
        if (millis < 10_000) {
            return String.format(Locale.ROOT, millis % 1000 == 0 ? "%.0f s" : "%.1f s", millis / 1000.0);
        } else if (millis < 600_000) {
            return Math.round(millis / 1000.0) + " s";
        } else if (millis < 7_200_000) {
            return Math.round(millis / 60_000.0) + " min";
        }
        return Math.round(millis / 3_600_000.0) + " h";
    }

    /** {@code 59-61 s}, or one of the two if they look the same. */
    static String range(long from, long to) {
        String first = text(from);
        String last = text(to);
        if (first.equals(last)) {
            return last;
        }
        int unit = first.indexOf(' ');
        boolean sameUnit = first.substring(unit).equals(last.substring(last.indexOf(' ')));
        return (sameUnit ? first.substring(0, unit) : first) + "-" + last;
    }
}
