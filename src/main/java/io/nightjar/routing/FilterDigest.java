package io.nightjar.routing;

/**
 * A set of filters in two numbers, whatever the order in which they came, so that two nodes can tell whether they hold
 * the same set. Not proof against an attacker; a mismatch or a chance collision costs a snapshot or a later one.
 *
 * @param hash sum of {@link #hash(String)} of all filters
 * @param count how many
 */
public record FilterDigest(long hash, long count) {
    public static final FilterDigest EMPTY = new FilterDigest(0, 0);

    public FilterDigest plus(String filter) {
        return new FilterDigest(hash + hash(filter), count + 1);
    }

    public FilterDigest minus(String filter) {
        return new FilterDigest(hash - hash(filter), count - 1);
    }

    /** 64 bits of one filter, the same in every process and version. */
    public static long hash(String filter) {
        long h = 0xcbf29ce484222325L;
        for (int i = 0; i < filter.length(); i++) {
            h = (h ^ filter.charAt(i)) * 0x100000001b3L;
        }
        h = (h ^ h >>> 30) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 27) * 0x94d049bb133111ebL;
        return h ^ h >>> 31;
    }
}
