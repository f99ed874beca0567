/**
 * The top floor: the command line, the settings and the wiring. The only room that knows all others.
 *
 * <p>{@link io.nightjar.app.Main} is the process, {@code Broker} one node in it, {@link io.nightjar.app.Settings} what
 * an operator chose. {@code ops/nightjar} does what concerns processes (the JDK, the build, background, stop) and talks
 * with a node through three small files in its data directory; several nodes live side by side with a directory each.
 *
 * <p>The decision that shaped the settings: they are read once, checked wholly, and all mistakes are told at once with
 * the place where they stand; a key that is not known is a mistake too. A setting that is silently ignored is the one
 * that its user believes in. What a setting means stands in {@code conf/nightjar.conf} and nowhere else; that file is
 * the defaults. And a broker that was merely started serves its own machine only: a listener on another address needs
 * authentication first.
 *
 * <p>What a node says below {@code $SYS} is made here, where all of it is known ({@code SysTree}): retained messages like
 * any other, replicated and replayed, but outside of the limits that clients share, and expiring, since a node that died
 * takes nothing back; and the events of clients ({@code ClientEventTopics}), which go the way of all messages and have no
 * queue of their own.
 */
@NullMarked
package io.nightjar.app;

import org.jspecify.annotations.NullMarked;
