package io.nightjar.connection;

/** Keep Alive: silence of one and a half times the value in force ends the connection [5.0/3.1.2-22]. */
public final class KeepAlive {
    /** No deadline: Keep Alive 0. */
    public static final long OFF = Long.MAX_VALUE;

    private KeepAlive() {}

    /** When silence since the last packet becomes a timeout, in the unit and zero of {@code lastPacketMillis}. */
    public static long deadlineMillis(long lastPacketMillis, int keepAliveSeconds) {
        return keepAliveSeconds == 0 ? OFF : lastPacketMillis + keepAliveSeconds * 1500L;
    }

    /**
     * When a silent client's host is first asked whether it is there: an eighth of Keep Alive after it was due, so that five
     * probes fit before the timeout, of a Keep Alive of three or four seconds two.
     */
    public static long probeMillis(long lastPacketMillis, int keepAliveSeconds) {
        return keepAliveSeconds == 0 ? OFF : lastPacketMillis + keepAliveSeconds * 1125L;
    }

    /**
     * Whether a silence that has ended was nearly a timeout: more than one and a quarter of the Keep Alive, half of what is
     * granted beyond it. Clients that send PINGREQ just when it is due are not meant.
     */
    public static boolean isNearMiss(long silentMillis, int keepAliveSeconds) {
        return silentMillis > keepAliveSeconds * 1250L && keepAliveSeconds > 0;
    }
}
