package io.nightjar.http;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many wrong passwords an address may try: a window of a minute for each address, at most {@link #MAX_ADDRESSES}
 * remembered, the longest unused forgotten first. An attempt is taken before the password is checked, so that many at
 * once do not slip through, and given back if it was right. IPv6 counts by /64: one customer has that many addresses.
 *
 * <p>Only passwords are limited: API secrets and tokens are 256 random bits, and a scraper with an old key must not lock
 * its whole address out. Thread-safe.
 */
final class LoginLimit {
    static final int MAX_ADDRESSES = 10_000;

    private static final long WINDOW_MILLIS = 60_000;
    private static final int IPV6_GROUPS = 4;

    private final int attempts;
    private final Map<String, Window> windows = new LinkedHashMap<>(16, 0.75f, true);

    LoginLimit(int attemptsPerMinute) {
        this.attempts = attemptsPerMinute;
    }

    private static final class Window {
        final long startMillis;
        int used;

        Window(long startMillis) {
            this.startMillis = startMillis;
        }
    }

    /** Takes an attempt, or says how many seconds to wait: 0 means go on. */
    synchronized int take(String address, long nowMillis) {
        String key = key(address);
        Window window = windows.get(key);
        if (window == null || nowMillis - window.startMillis >= WINDOW_MILLIS) {
            window = new Window(nowMillis);
            windows.put(key, window);
            if (windows.size() > MAX_ADDRESSES) {
                Iterator<String> oldest = windows.keySet().iterator();
                oldest.next();
                oldest.remove();
            }
        }
        if (window.used >= attempts) {
            return (int) Math.max(1, (window.startMillis + WINDOW_MILLIS - nowMillis + 999) / 1000);
        }
        window.used++;
        return 0;
    }

    /** The password was right: the attempt does not count. */
    synchronized void giveBack(String address) {
        Window window = windows.get(key(address));
        if (window != null && window.used > 0) {
            window.used--;
        }
    }

    synchronized int addresses() {
        return windows.size();
    }

    private static String key(String address) {
        String[] groups = address.split(":", -1);
        return groups.length < 8 ? address : String.join(":", java.util.Arrays.copyOf(groups, IPV6_GROUPS));
    }
}
