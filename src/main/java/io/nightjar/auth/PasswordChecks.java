package io.nightjar.auth;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Slow checks that wait for a thread, a row for each address of clients; the rows take turns, so that whoever tries wrong
 * passwords by the thousand waits behind itself and not in front of everybody. When all room is taken, one more from an
 * address that has less than others gets the room of the newest one from the address that has most. Thread-safe.
 */
final class PasswordChecks<A> {
    /** Rows that are looked at for the longest one. */
    private static final int LOOKED_AT = 1024;

    private static final int PREFIX_GROUPS = 4;

    /**
     * One that waits; nobody wants it any more when its answer is done.
     *
     * @param address a whole network of 64 bits for IPv6, since one customer has that many
     */
    record Check<A>(String address, Runnable work, CompletableFuture<A> answer) {}

    private final Map<String, ArrayDeque<Check<A>>> rows = new LinkedHashMap<>();
    private final int limit;
    private int waiting;

    /** @param limit checks that may wait, at least 1 */
    PasswordChecks(int limit) {
        this.limit = limit;
    }

    /** The row of a client. */
    static String row(String address) {
        int end = -1;
        for (int group = 0; group < PREFIX_GROUPS; group++) {
            end = address.indexOf(':', end + 1);
            if (end < 0) {
                return address;
            }
        }
        return address.substring(0, end);
    }

    /** Takes one in. @return the one that there is no room for: it, another one, or null */
    synchronized @Nullable Check<A> offer(Check<A> check) {
        Check<A> evicted = null;
        if (waiting >= limit) {
            int own = waitingOf(check.address);
            ArrayDeque<Check<A>> longest = longest();
            if (longest == null || longest.size() <= own + 1) {
                return check;
            }
            evicted = longest.removeLast();
            waiting--;
        }
        rows.computeIfAbsent(check.address, address -> new ArrayDeque<>()).add(check);
        waiting++;
        return evicted;
    }

    private @Nullable ArrayDeque<Check<A>> longest() {
        ArrayDeque<Check<A>> longest = null;
        int looked = 0;
        for (ArrayDeque<Check<A>> row : rows.values()) {
            if (longest == null || row.size() > longest.size()) {
                longest = row;
            }
            if (++looked == LOOKED_AT) {
                break;
            }
        }
        return longest;
    }

    /** The next one that somebody still waits for, of the row whose turn it is, or null. */
    synchronized @Nullable Check<A> poll() {
        while (waiting > 0) {
            Iterator<Map.Entry<String, ArrayDeque<Check<A>>>> first =
                    rows.entrySet().iterator();
            Map.Entry<String, ArrayDeque<Check<A>>> turn = first.next();
            ArrayDeque<Check<A>> row = turn.getValue();
            first.remove();
            Check<A> check = row.poll();
            if (!row.isEmpty()) {
                rows.put(turn.getKey(), row);
            }
            if (check != null) {
                waiting--;
                if (!check.answer.isDone()) {
                    return check;
                }
            }
        }
        return null;
    }

    /** Nobody waits for it any more. */
    synchronized void remove(Check<A> check) {
        ArrayDeque<Check<A>> row = rows.get(check.address);
        if (row != null && row.removeLastOccurrence(check)) {
            waiting--;
            if (row.isEmpty()) {
                rows.remove(check.address);
            }
        }
    }

    synchronized int waiting() {
        return waiting;
    }

    /** How many wait of one row. */
    synchronized int waitingOf(String row) {
        ArrayDeque<Check<A>> checks = rows.get(row);
        return checks == null ? 0 : checks.size();
    }
}
