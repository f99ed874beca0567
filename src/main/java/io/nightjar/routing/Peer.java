package io.nightjar.routing;

import io.nightjar.mqtt.Message;
import java.util.List;

/** Another node that has subscribers. Thread-safe; never blocks. */
public interface Peer {
    /** Its node name. */
    String node();

    /**
     * Sends it a message, once however many of its filters match; it matches again on its own.
     *
     * @param plain whether an unshared filter of that node matched
     * @param shared the shared filters ({@code $share/group/filter}) for which that node was chosen
     * @return false if it had to be dropped, and was counted
     */
    boolean forward(Message message, boolean plain, List<String> shared);
}
