package io.nightjar.session;

/**
 * Limits of one session.
 *
 * @param queuedMessages most messages that wait, the oldest is dropped beyond
 * @param queuedBytes most bytes of topics and payloads that wait
 * @param queueQos0 whether QoS 0 messages wait for a client that is away
 * @param awaitingRel most QoS 2 messages of the client that wait for PUBREL
 */
public record SessionLimits(int queuedMessages, long queuedBytes, boolean queueQos0, int awaitingRel) {}
