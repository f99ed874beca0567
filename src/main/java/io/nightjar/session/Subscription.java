package io.nightjar.session;

import io.nightjar.mqtt.SubscriptionOptions;

/**
 * One subscription of a session.
 *
 * @param filter as the client sent it, perhaps {@code $share/...}
 * @param identifier Subscription Identifier, 0 if it has none
 */
public record Subscription(String filter, SubscriptionOptions options, int identifier) {}
