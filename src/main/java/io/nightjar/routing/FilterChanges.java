package io.nightjar.routing;

/**
 * Told when this node begins or ceases to have subscribers for a filter, which is what the other nodes must know.
 * For one filter the calls come in order and alternate, beginning with {@code added}; they are made after the change,
 * on the thread that made it, under a lock: return at once and do not subscribe or unsubscribe from within.
 */
public interface FilterChanges {
    /** The first local subscription to a filter has come; shared filters as {@code $share/group/filter}. */
    void added(String filter);

    /** The last local subscription to a filter is gone. */
    void removed(String filter);
}
