/**
 * The standard's words: packets, properties, reason codes, topics, messages and why a connection ended.
 *
 * <p>Floor 0. Imports {@code java.*} only (and the nullness annotations). Nothing here does I/O, logs or reads a
 * clock, so that every other room can speak these words without pulling anything in.
 */
@NullMarked
package io.nightjar.mqtt;

import org.jspecify.annotations.NullMarked;
