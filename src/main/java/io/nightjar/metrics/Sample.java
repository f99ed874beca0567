package io.nightjar.metrics;

import java.util.Map;

/**
 * One figure of one node at this moment.
 *
 * @param family name of its {@link Family}
 * @param labels names and values, in the order they are told
 */
public record Sample(String family, Map<String, String> labels, double value) {
    /** A whole number; beyond 2^53 its last digits are lost, as in Prometheus itself. */
    static Sample of(String family, Map<String, String> labels, long value) {
        return new Sample(family, labels, (double) value);
    }
}
