/**
 * What is counted. One adder per name and per cause of an end, so that counting on the data path never contends; nothing
 * is labelled by client, so that the number of series does not grow with the number of devices. Ends of connections are
 * labelled by listener, which are configured, and by closed lists; a bound holds all the same.
 *
 * <p>{@link io.nightjar.metrics.NodeMetrics} is the one table of names. A name of EMQX 5 is used only for the same
 * meaning, so that its users' dashboards tell the truth; what it has and we do not measure is absent.
 */
@NullMarked
package io.nightjar.metrics;

import org.jspecify.annotations.NullMarked;
