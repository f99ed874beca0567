package io.nightjar.connection;

/**
 * How many clients a node lets in at a time, and how many wait for it.
 *
 * @param rate CONNECTs a second on this node, 0: no limit
 * @param burst CONNECTs at once before the rate counts
 * @param window CONNECTs of the node that are worked on at once, from CONNECT to CONNACK, 0: no limit
 * @param maxWaiting CONNECTs that wait for it
 * @param maxWaitingBytes bytes of all that wait
 * @param maxWaitMillis how long one waits at most
 */
public record AdmissionLimits(
        int rate, int burst, int window, int maxWaiting, long maxWaitingBytes, long maxWaitMillis) {
    /** These, where the window is meant for one of so many event loops. */
    public AdmissionLimits forLoops(int loops) {
        return new AdmissionLimits(rate, burst, window * loops, maxWaiting, maxWaitingBytes, maxWaitMillis);
    }

    /** Lets everybody in at once. */
    public static final AdmissionLimits NONE = new AdmissionLimits(0, 1, 0, 1, 1, 1);

    /** Where they stand in the settings. */
    public static final String KEY = "nightjar.admission.";
}
