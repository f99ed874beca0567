/**
 * What is counted. One adder per name and per cause of an end, so that counting on the data path never contends; nothing
 * is labelled by client, so that the number of series does not grow with the number of devices.
 */
@NullMarked
package io.nightjar.metrics;

import org.jspecify.annotations.NullMarked;
