package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import org.jspecify.annotations.Nullable;

/**
 * A message that a session holds for its client, as people see it.
 *
 * @param position where it stands, to go on after it
 * @param packetId 0 while it waits
 * @param delivery null if only its PUBREL waits for an answer
 */
public record HeldMessage(String position, int packetId, @Nullable Delivery delivery) {}
