package io.nightjar.http;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Puts into the audit log who read what a trace recorded. A download and a tail are a line each; of a log that is read
 * page by page the first page is, and again one of those after ten minutes. Thread-safe.
 */
final class TraceViews {
    private static final long AGAIN_MILLIS = 600_000;
    private static final int REMEMBERED = 1000;

    private final Map<String, Long> told = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** A page of the log was shown. */
    void page(Call call, long nowMillis) {
        String key = call.caller().via() + " " + call.caller().name() + " " + call.path(0);
        boolean first = call.parameters().text("position", "0").equals("0");
        synchronized (told) {
            Long before = told.get(key);
            if (!first && before != null && nowMillis - before < AGAIN_MILLIS) {
                return;
            }
            told.put(key, nowMillis);
        }
        all(call);
    }

    /** A download or a tail began. */
    static void all(Call call) {
        String uri = call.request()
                .getHeader(org.apache.pekko.http.javadsl.model.headers.RawRequestURI.class)
                .map(header -> header.uri())
                .orElseGet(() -> call.request().getUri().toString());
        Target target = Target.parse(uri);
        Audit.call(call.caller(), "GET", target.path(), Audit.query(target.query()), 200);
    }
}
