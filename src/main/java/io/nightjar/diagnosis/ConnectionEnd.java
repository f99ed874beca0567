package io.nightjar.diagnosis;

import io.nightjar.mqtt.DisconnectReason;

/**
 * The one end of one Network Connection: what the log, the trace, the counters and the HTTP API tell.
 *
 * @param atMillis milliseconds since 1970
 */
public record ConnectionEnd(long atMillis, DisconnectReason reason, Evidence evidence, Verdict verdict) {}
