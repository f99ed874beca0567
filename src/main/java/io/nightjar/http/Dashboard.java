package io.nightjar.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/**
 * The files of the dashboard: a page, a style sheet and ES modules that a browser takes as they are. All of them are
 * named here, read from the jar once and kept in memory, so no request ever leads to a path. They need no login; what
 * they show comes from the API, which does.
 *
 * <p>Files keep their names from version to version and a browser asks each time whether its copy is still good (a
 * 304 by the tag of the content): after an upgrade nobody sees a mixture of two versions. Immutable.
 */
final class Dashboard {
    private static final String OWN = "/io/nightjar/http/dashboard/";
    private static final String LIT = "/META-INF/resources/webjars/lit-html/";
    private static final String LIT_POM = "/META-INF/maven/org.webjars.npm/lit-html/pom.properties";

    /** In the folder beside this class. */
    static final List<String> FILES = List.of(
            ("index.html style.css icon.svg theme.js main.js alarms.js api.js app.js chart.js client.js clients.js"
                            + " disconnects.js ends-filter.js event-stream.js limits.js new-trace.js parts.js refused.js sign-in.js text.js trace.js"
                            + " traces.js words.js")
                    .split(" "));

    /** Of the WebJar, served below lib/. */
    static final List<String> LIBRARY =
            List.of("lit-html.js", "directive.js", "directive-helpers.js", "directives/repeat.js");

    /** No inline script or style, nothing from elsewhere, no frame, and HTML only through the templates of lit. */
    private static final List<HttpHeader> HEADERS = List.of(
            RawHeader.create(
                    "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
                            + " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                            + " require-trusted-types-for 'script'; trusted-types lit-html"),
            RawHeader.create("X-Content-Type-Options", "nosniff"),
            RawHeader.create("X-Frame-Options", "DENY"),
            RawHeader.create("Referrer-Policy", "no-referrer"),
            RawHeader.create("Cache-Control", "no-cache"));

    private static final Map<String, ContentType> TYPES = Map.of(
            "html", ContentTypes.TEXT_HTML_UTF8,
            "css", MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8),
            "js",
                    ContentTypes.create(
                            MediaTypes.customWithOpenCharset("text", "javascript", Map.of(), false),
                            HttpCharsets.UTF_8),
            "svg", MediaTypes.IMAGE_SVG_XML.toContentType());

    private record File(byte[] content, ContentType type, String tag) {}

    private final Map<String, File> files = new HashMap<>();

    Dashboard() {
        FILES.forEach(name -> files.put("/" + name, file(name, OWN + name)));
        String lit = LIT + litVersion() + "/";
        LIBRARY.forEach(name -> files.put("/lib/" + name, file(name, lit + name)));
        files.put("/", file("index.html", OWN + "index.html"));
    }

    /** The file at this path, or null if there is none or the method is another. */
    @Nullable
    HttpResponse answer(HttpRequest request, Target target) {
        String method = request.method().name();
        File file = files.get(target.path());
        if (file == null || !method.equals("GET") && !method.equals("HEAD")) {
            return null;
        }
        boolean known = request.getHeader("If-None-Match")
                .map(header -> header.value().contains(file.tag))
                .orElse(false);
        HttpResponse response = known
                ? HttpResponse.create().withStatus(304)
                : HttpResponse.create().withEntity(file.type, file.content);
        return response.addHeaders(HEADERS).addHeader(RawHeader.create("ETag", file.tag));
    }

    private static File file(String name, String resource) {
        byte[] content = read(resource);
        ContentType type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null) {
            throw new IllegalStateException(name + " has no known type");
        }
        return new File(content, type, '"' + digest(content) + '"');
    }

    private static byte[] read(String resource) {
        try (InputStream in = Dashboard.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing in the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A WebJar has its version in its paths. */
    private static String litVersion() {
        Properties pom = new Properties();
        try {
            pom.load(new StringReader(new String(read(LIT_POM), StandardCharsets.ISO_8859_1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pom.getProperty("version");
    }

    private static String digest(byte[] content) {
        try {
            byte[] all = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(all, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
