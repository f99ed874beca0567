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
     * When a silent client's host is first asked whether it is there: a quarter of Keep Alive after it was due, less the
     * second that the kernel takes at least, so that 3 probes fit before the timeout.
     */
    public static long probeMillis(long lastPacketMillis, int keepAliveSeconds) {
        return keepAliveSeconds == 0 ? OFF : lastPacketMillis + Math.max(500, keepAliveSeconds * 1250L - 1000);
    }

    /**
     * Whether a silence that has ended was nearly a timeout: more than one and a quarter of the Keep Alive, half of what is
     * granted beyond it. Clients that send PINGREQ just when it is due are not meant.
     */
    public static boolean isNearMiss(long silentMillis, int keepAliveSeconds) {
        return silentMillis > keepAliveSeconds * 1250L && keepAliveSeconds > 0;
    }
}
