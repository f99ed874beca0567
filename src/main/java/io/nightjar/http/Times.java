package io.nightjar.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Times as the API speaks them: RFC 3339 with the offset of the node's zone; milliseconds since 1970 inside. */
final class Times {
    private static final DateTimeFormatter RFC3339 =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSxxx", Locale.ROOT);
    private static final long LATEST_SECONDS = 253_402_300_799L;

    private Times() {}

    static String format(long millis, ZoneId zone) {
        return RFC3339.format(Instant.ofEpochMilli(millis).atZone(zone));
    }

    /** RFC 3339, or seconds since 1970; null if it is neither. The year ends at 9999. */
    static @Nullable Long parse(String text) {
        try {
            if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
                long seconds = Long.parseLong(text);
                return seconds > LATEST_SECONDS ? null : Long.valueOf(seconds * 1000);
            }
            OffsetDateTime time = OffsetDateTime.parse(text);
            return time.getYear() < 1970 || time.getYear() > 9999 ? null : millis(time.toInstant());
        } catch (DateTimeException | NumberFormatException e) {
            return null;
        }
    }

    private static Long millis(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toEpochMilli();
    }
}
