package io.nightjar.metrics;

import java.util.Map;

/**
 * One figure of one node at this moment.
 *
 * @param family name of its {@link Family}
 * @param labels names and values, in the order they are told
 */
public record Sample(String family, Map<String, String> labels, double value) {}
