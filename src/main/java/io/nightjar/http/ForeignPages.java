package io.nightjar.http;

import java.util.Locale;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * Keeps pages of other sites from ordering anything: a browser that has cached an API key adds it to whatever a foreign
 * form sends here. Browsers say where a request comes from in {@code Sec-Fetch-Site}, and where that is missing (old
 * ones, and all over plain HTTP) in {@code Origin}; no page can forge either. Scripts send neither and are let through.
 */
final class ForeignPages {
    private ForeignPages() {}

    /** @throws ApiException 403 if a page of another site sent a request that may change something */
    static void refuse(HttpRequest request) {
        String method = request.method().name();
        if (method.equals("GET") || method.equals("HEAD")) {
            return;
        }
        String site = header(request, "Sec-Fetch-Site").toLowerCase(Locale.ROOT);
        if (site.equals("same-origin") || site.equals("none")) {
            return;
        }
        if (!site.isEmpty()) {
            throw refused("Sec-Fetch-Site is " + Text.quote(site));
        }
        String origin = header(request, "Origin");
        String host = header(request, "Host");
        if (!origin.isEmpty() && !isOf(origin, host)) {
            throw refused("Origin is " + Text.quote(origin) + ", Host is " + Text.quote(host));
        }
    }

    /** Whether an origin like {@code http://host:8081} is what the header Host names; the scheme's port may be missing. */
    static boolean isOf(String origin, String host) {
        int at = origin.indexOf("://");
        if (at < 0) {
            return false;
        }
        String usual = origin.substring(0, at).equalsIgnoreCase("https") ? ":443" : ":80";
        return plain(origin.substring(at + 3), usual).equals(plain(host, usual));
    }

    private static String plain(String authority, String usualPort) {
        String small = authority.toLowerCase(Locale.ROOT);
        return small.endsWith(usualPort) ? small.substring(0, small.length() - usualPort.length()) : small;
    }

    private static String header(HttpRequest request, String name) {
        return request.getHeader(name).map(HttpHeader::value).orElse("");
    }

    private static ApiException refused(String seen) {
        return new ApiException(
                403,
                "CROSS_SITE_REQUEST",
                "a page of another site sent this (" + seen
                        + "), so nothing was done; use the dashboard of this node, and"
                        + " let a proxy before it pass the header Host on unchanged");
    }
}
