/**
 * A load generator for any MQTT broker: one thread, one selector, no dependency. {@code ops/bench} runs it against several
 * brokers in turn and prints a table.
 *
 * <p>What decided its shape: traffic is a closed loop (each publisher has a few messages that are not yet delivered to all
 * their receivers), so that the figure is what a broker delivers and not what it takes in; latency is measured in an open
 * loop from the instant a message was due, so that a stall is felt by all messages due in it; losses, repetitions and
 * order are counted from numbers in the payload; and what a broker costs is the CPU time of its process, which survives a
 * noisy machine where messages a second do not.
 */
@NullMarked
package io.nightjar.load;

import org.jspecify.annotations.NullMarked;
