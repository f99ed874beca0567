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
}
