/**
 * What bounds how many connections one machine can hold: the limits of the operating system, of the JVM and of the broker
 * itself, what each must be for a number of connections, and the line that lifts it.
 *
 * <p>Floor 1, pure: figures go in as numbers, who reads them is room app. Why it exists: a load test that stalls at 1,000,
 * 16,000, 28,225 or 524,273 connections met a limit that nobody named. What is needed is counted, not copied: a list of
 * large numbers tells neither which of them a given machine lacks nor which are of no use (see {@link
 * io.nightjar.limits.Limits}).
 */
@NullMarked
package io.nightjar.limits;

import org.jspecify.annotations.NullMarked;
