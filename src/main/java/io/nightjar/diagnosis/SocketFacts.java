package io.nightjar.diagnosis;

/** The socket's figures in an evidence as questions. What was not measured answers no. */
final class SocketFacts {
    private static final long UNKNOWN = -1;

    private final Evidence evidence;
    private final long unacked;
    private final long ackAge;

    SocketFacts(Evidence evidence) {
        this.evidence = evidence;
        this.unacked = figure("tcp_unacked");
        this.ackAge = figure("tcp_last_ack_received_age_ms");
    }

    private long figure(String name) {
        return evidence.socket().get(name) instanceof Number number ? number.longValue() : UNKNOWN;
    }

    /** Whether the kernel was asked and answered. */
    boolean known() {
        return unacked != UNKNOWN;
    }

    /** Whether what was sent goes out again and again, and nothing of it is acknowledged. */
    boolean retransmits() {
        return unacked > 0 && retransmitsInARow() > 0;
    }

    long retransmitsInARow() {
        return figure("tcp_retransmits");
    }

    /** Segments on the way. */
    long unacked() {
        return unacked;
    }

    /** How often in a row the kernel asked the client's host in vain whether it is there. */
    long unansweredProbes() {
        return unacked == 0 ? figure("tcp_probes") : 0;
    }

    /** Whether nothing is on the way and the client's host acknowledged something in the later half of this time. */
    boolean answeredWithin(long silentMillis) {
        return unacked == 0 && unansweredProbes() <= 0 && ackAge != UNKNOWN && 2 * ackAge <= silentMillis;
    }

    /** Whether data was on the way when the socket died: its send queue is gone then, the times are not. */
    boolean lastWordsUnanswered() {
        return unacked > 0 || ackAge != UNKNOWN && ackAge > figure("tcp_last_data_sent_age_ms");
    }

    long ackAge() {
        return ackAge;
    }

    /** Since bytes last came to this host, whether they were read or not; -1 if unknown. */
    long dataAge() {
        return figure("tcp_last_data_received_age_ms");
    }

    /** Bytes in our buffer, or -1. */
    long unsentBytes() {
        return figure("unsent_bytes");
    }

    /** Since a packet last went either way, or -1 if none did. */
    long idleMillis() {
        Long in = evidence.lastInAgeMillis();
        Long out = evidence.lastOutAgeMillis();
        if (in == null) {
            return out == null ? UNKNOWN : out;
        }
        return out == null ? in : Math.min(in, out);
    }

    /** A time as people say it. */
    static String time(long millis) {
        if (millis < 1_000) {
            return millis + " ms";
        } else if (millis < 600_000) {
            long tenths = (millis + 50) / 100;
            return tenths / 10 + (tenths % 10 == 0 ? "" : "." + tenths % 10) + " s";
        }
        return millis / 60_000 + " min";
    }
}
