package io.nightjar.diagnosis;

import java.util.Locale;

/** What ends can have in common, from narrow to wide: the narrowest that explains them is told. */
public enum Cause {
    /** One IP address: a proxy, a NAT, or one machine. */
    ADDRESS,
    /** One /24, or /64 for IPv6. */
    NETWORK,
    LISTENER,
    NODE,
    /** Nothing but the instant. */
    INSTANT;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** As the HTTP API spells it. */
    public String word() {
        return word;
    }
}
