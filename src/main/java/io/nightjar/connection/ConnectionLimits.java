package io.nightjar.connection;

/**
 * Limits of one Network Connection, the same for all connections of a listener.
 *
 * @param maxPacketSize largest packet a client may send, bytes with the fixed header
 * @param maxClientIdBytes longest ClientID, bytes of UTF-8
 * @param maxTopicLevels most levels of a Topic Name or Topic Filter
 * @param topicAliasMaximum aliases a client may use toward us, 0 to 65,535
 * @param outboundAliasMaximum aliases we use toward a client, at most what it allows
 * @param receiveMaximum QoS 1 and 2 PUBLISH a client may have open toward us, 1 to 65,535
 * @param maxInflight QoS 1 and 2 PUBLISH we have open toward a client, at most what it allows
 * @param maxSessionExpirySeconds longest Session Expiry Interval granted; 0xFFFFFFFF = no limit
 * @param v3SessionExpirySeconds how long the session of a 3.x client with Clean Session 0 is kept
 * @param maxKeepAliveSeconds longest Keep Alive granted, 0 = as the client likes
 * @param maxSubscriptions most subscriptions of a session
 * @param offers which optional parts of the protocol there are
 */
public record ConnectionLimits(
        int maxPacketSize,
        int maxClientIdBytes,
        int maxTopicLevels,
        int topicAliasMaximum,
        int outboundAliasMaximum,
        int receiveMaximum,
        int maxInflight,
        long maxSessionExpirySeconds,
        long v3SessionExpirySeconds,
        int maxKeepAliveSeconds,
        int maxSubscriptions,
        Offers offers) {}
