/**
 * What Nightjar keeps on disk. Plain files, plain blocking calls; the rooms above decide on which threads.
 *
 * <p><b>Trace files</b> ({@link io.nightjar.store.TraceFile}): the lines of one trace on one node as text that any tool
 * reads while it grows. A trace has a greatest size, not a greatest age, since what floods a disk is one busy client; it
 * is kept as four numbered segments, so that making room is removing one file and never copies or renames. Names that
 * never change are what lets a reader's cursor survive rotation, or fail as stale rather than show the wrong lines. They
 * are not made durable line by line: a trace is evidence for people, not Session State, and a sync each batch would cost
 * more than the line (7.6 thousand synced writes a second on the machine that was measured). {@link
 * io.nightjar.store.TraceDefinitionsFile} is replaced as a whole.
 *
 * <p><b>Flight recorder</b> ({@link io.nightjar.store.RecorderFile}): one file of fixed size, mapped into memory, so that
 * an event is safe from the death of the process as soon as it is told, without a system call and without a thread
 * between. It has two rings: one for accepted clients and one, an eighth of the file, for connections that were refused
 * or failed, since those cost an attacker nothing and must not wash out the history of the others. Each record holds the
 * position of the one before of the same hash bucket: the history of a client is a walk backwards that costs no memory
 * per session. Words that come again and again stand in the file once, by number, so that another version reads them.
 */
@NullMarked
package io.nightjar.store;

import org.jspecify.annotations.NullMarked;
