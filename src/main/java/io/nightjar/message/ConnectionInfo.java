package io.nightjar.message;

import io.nightjar.session.AttachRequest;

/**
 * A Network Connection whose CONNECT was accepted: what its session needs, and how it came in.
 *
 * @param request what the session looks at
 * @param listener for example {@code tcp:default}
 * @param transport {@code tcp}, {@code tls}, {@code ws} or {@code wss}
 */
public record ConnectionInfo(AttachRequest request, String listener, String transport, long connectedAtMillis) {}
