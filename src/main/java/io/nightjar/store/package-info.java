/**
 * What Nightjar keeps on disk. Plain files, plain blocking calls; the rooms above decide on which threads.
 *
 * <p><b>Trace files</b> ({@link io.nightjar.store.TraceFile}): the lines of one trace on one node as text that any tool
 * reads while it grows. A trace has a greatest size, not a greatest age, since what floods a disk is one busy client; it
 * is kept as four numbered segments, so that making room is removing one file and never copies or renames. Names that
 * never change are what lets a reader's cursor survive rotation, or fail as stale rather than show the wrong lines. They
 * are not made durable line by line: a trace is evidence for people, not Session State, and a sync each batch would cost
 * more than the line (7.6 thousand synced writes a second on the machine that was measured). A write that fails is taken
 * back as a whole and counted by events, so that lines on disk and counted losses add up to what was offered. {@link
 * io.nightjar.store.TraceDefinitionsFile} is replaced as a whole.
 *
 * <p><b>Flight recorder</b> ({@link io.nightjar.store.RecorderFile}): one file of fixed size, mapped into memory, so that
 * an event is safe from the death of the process as soon as it is told, without a system call and without a thread
 * between. All of it is written once, at the first start, since memory mapped where the disk has no room kills. What
 * shaped it:
 *
 * <ul>
 *   <li>Two rings: one for accepted clients and one, an eighth of the file, for connections that were refused or failed,
 *       since those cost an attacker nothing and must not wash out the history of the others. That ring takes a quarter
 *       of its size at once and then so much a second that it reaches back ten minutes; of one sort of event (kind,
 *       client, address, cause) some in a second are written and the rest is counted. One accepted client takes a 64th
 *       of its ring at most in ten minutes, all of one address half of it in half an hour; beyond that they are counted
 *       without a name. All numbers are told: an event with {@code repeated} stands for that many.
 *   <li>Each record holds the position of the one before of the same hash bucket: the history of a client is a walk
 *       backwards that costs no memory per session. The buckets' newest positions stand in the file, one
 *       for every 512 bytes of it, and are made right at each start.
 *   <li>No summaries of blocks: a search reads all of the file's records without making texts of them, and that is fast
 *       enough. Words that come again and again stand in the file once, by number, so that another version reads them.
 *   <li>A normal end leaves out the last packets: nobody asks for them. Of a topic or filter 512
 *       characters are kept. A near miss of the Keep
 *       Alive is one beyond a quarter more than it, for many clients send PINGREQ just when it is due. That a session
 *       without expiry ended is not told, since its connection's end says so.
 *   <li>A node that dies tells no ends. Each second it notes that it is alive; the next start looks for connections that
 *       have a beginning and no end, back to the start before, and writes an end for each that says that it was inferred
 *       ({@link io.nightjar.diagnosis.NodeDeath}). They take a quarter of the ring at most, beyond are told as a number. A
 *       connection whose beginning was already pushed out cannot be found.
 *   <li>Encoding happens outside the one lock, in memory of the thread's own; under the lock are a copy and the index. Each
 *       second the pages that come next are fetched off the event loops; who waits for the lock longer than 10 ms is
 *       counted.
 * </ul>
 *
 * <p>Measured on a machine of two cores that others used too, JDK 17, one thread, on a file: a connect 1.3 us and 128
 * bytes allocated, a normal end 2.9 us and 184 bytes, an end with all its evidence 5.6 us and 168 bytes. A full ring of 224 MiB held 1.28 million
 * connects and ends; a search that finds nothing took 60 ms by reason, 35 ms by a part of the ClientID, 30 ms by a range of
 * addresses and 100 ms by username; the newest hundred ends 0.5 ms, the history of one client 0.4 ms, its last end 25 us,
 * all ends with four fields each 0.3 s and whole 1.1 s. {@code RecorderBenchmark} among the tests measures it again. What
 * it cannot promise: when the kernel writes more than the disk takes, whoever touches mapped memory waits.
 */
@NullMarked
package io.nightjar.store;

import org.jspecify.annotations.NullMarked;
