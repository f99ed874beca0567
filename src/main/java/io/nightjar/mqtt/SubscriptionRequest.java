package io.nightjar.mqtt;

/** One entry of a SUBSCRIBE: the filter as sent, perhaps {@code $share/...}, and its options [5.0/3.8.3.1]. */
public record SubscriptionRequest(String filter, SubscriptionOptions options) {}
