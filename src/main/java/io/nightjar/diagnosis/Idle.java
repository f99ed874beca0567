package io.nightjar.diagnosis;

/** How long the connections of a group had been idle when they ended, in milliseconds. */
public record Idle(long minMillis, long medianMillis, long maxMillis) {}
