package io.nightjar.mqtt;

/**
 * How two valid, unshared Topic Filters relate as sets of Topic Names. A wildcard in the first level does not match
 * names that begin with {@code $} [5.0/4.7.2-1].
 */
public final class FilterRelation {
    private FilterRelation() {}

    /** Whether each Topic Name that {@code narrow} matches is matched by {@code wide} too. */
    public static boolean covers(String wide, String narrow) {
        String[] w = wide.split("/", -1);
        String[] n = narrow.split("/", -1);
        if (isWildcard(w[0]) && n[0].startsWith("$")) {
            return false;
        }
        for (int i = 0; i < w.length; i++) {
            if (w[i].equals("#")) {
                return true;
            } else if (i >= n.length) {
                return false;
            } else if (n[i].equals("#") || !w[i].equals("+") && !w[i].equals(n[i])) {
                return false;
            }
        }
        return n.length == w.length;
    }

    /** Whether some Topic Name is matched by both. */
    public static boolean overlap(String a, String b) {
        String[] x = a.split("/", -1);
        String[] y = b.split("/", -1);
        if (isWildcard(x[0]) && y[0].startsWith("$") || isWildcard(y[0]) && x[0].startsWith("$")) {
            return false;
        }
        int common = Math.min(x.length, y.length);
        for (int i = 0; i < common; i++) {
            if (x[i].equals("#") || y[i].equals("#")) {
                return true;
            } else if (!x[i].equals("+") && !y[i].equals("+") && !x[i].equals(y[i])) {
                return false;
            }
        }
        String[] longer = x.length > y.length ? x : y;
        // "a/#" matches its parent "a" too [5.0/4.7.1.2]
        return longer.length == common || longer.length == common + 1 && longer[common].equals("#");
    }

    private static boolean isWildcard(String level) {
        return level.equals("+") || level.equals("#");
    }
}
