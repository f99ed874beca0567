package io.nightjar.connection;

/**
 * Limits of one conversation of enhanced authentication.
 *
 * @param timeoutMillis from CONNECT or AUTH 0x19 to its end
 * @param maxRounds times the client may send data, the first included
 * @param maxDataBytes longest Authentication Data of the client
 */
public record AuthLimits(long timeoutMillis, int maxRounds, int maxDataBytes) {}
