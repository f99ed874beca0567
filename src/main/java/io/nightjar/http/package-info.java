/**
 * The HTTP API of a node: what people, scripts, exporters and the dashboard ask and order.
 *
 * <p>It knows the rest of the broker through five doors only: the ports {@link io.nightjar.message.Clients},
 * {@link io.nightjar.message.Traces} and {@link io.nightjar.message.History}, the counters, and the files of
 * administrators and API keys. The ports answer for the whole cluster, so any node can be asked for anything, and a node that did not answer is named, never left out.
 *
 * <p>The decision that shaped it: one table of {@link io.nightjar.http.Route}s and one way through
 * {@link io.nightjar.http.Api}, instead of nested routing directives. Login, role, unknown parameters, errors, headers
 * and the audit log are then done once for every call and cannot be forgotten by one; the OpenAPI document is compared
 * with that table row by row; and the path is split before it is decoded, because a ClientID may hold {@code /} and
 * {@code %}.
 *
 * <p>The {@link io.nightjar.http.Dashboard} below {@code /} is a user of that API and nothing more: ES modules that a
 * browser takes as they are, the templates of lit-html from its WebJar, and charts drawn as SVG by 150 lines of its own.
 * No bundler and no Node, so what is served is what is in the repository; a chart library was left out because it draws
 * on a canvas, which neither a style sheet nor a screen reader can reach. A list asks for one page of rows at a time,
 * so 100,000 clients cost it as much as 50.
 *
 * <p>A token of the dashboard is never a cookie, but a browser caches an API key that was typed into it and adds it to what
 * any page sends here. So a change that comes from a page elsewhere is refused, and a body must be called JSON, which a form
 * cannot do; no answer allows other origins to read it.
 *
 * <p>Nothing here holds a log in memory: a download is a stream that asks a node for its next piece of at most 128 KB
 * when the reader's socket has taken the last one, so its cost does not depend on the size of the trace. Pekko Streams
 * costs about 19 us of CPU an element where Netty costs 5; for pieces of 128 KB that does not matter, and its
 * backpressure comes for free. A live tail is the same with a look every 200 ms once it has caught up: the writer knows of
 * no reader, so a slow one cannot slow it, and a cursor over all nodes is all that a tail that resumes needs. Both outlast
 * the check at their beginning, so each piece says whether it shows payloads, and every 15 s the reader is identified
 * again. Passwords are hashed on the blocking dispatcher (a tenth of a second of one core each),
 * at most 16 at once and 10 wrong ones a minute from one address.
 */
@NullMarked
package io.nightjar.http;

import org.jspecify.annotations.NullMarked;
