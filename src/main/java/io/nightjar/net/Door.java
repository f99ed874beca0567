package io.nightjar.net;

import io.nightjar.connection.Admission;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the connections of one listener share. Thread-safe.
 *
 * @param listener {@link ListenerSettings#id}, one text for all of them
 * @param open connections that are open now
 * @param row where its clients wait to be let in
 */
record Door(String listener, AtomicInteger open, Admission.Row row) {}
