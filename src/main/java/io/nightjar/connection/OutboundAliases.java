package io.nightjar.connection;

import java.util.HashMap;
import java.util.Map;

/**
 * Topic Aliases that we use toward the client: the first topics sent get one each, up to what the client allows
 * [5.0/3.1.2-26, -27]. Owned by the connection's event loop.
 */
public final class OutboundAliases {
    private final int maximum;
    private final Map<String, Integer> aliases = new HashMap<>();

    public OutboundAliases(int maximum) {
        this.maximum = maximum;
    }

    /** The alias the client already knows for this topic, or 0. */
    public int known(String topic) {
        return aliases.getOrDefault(topic, 0);
    }

    /** A new alias for this topic, or 0 if none is left. Call only when the packet that sets it surely goes out. */
    public int assign(String topic) {
        if (aliases.size() >= maximum) {
            return 0;
        }
        int alias = aliases.size() + 1;
        aliases.put(topic, alias);
        return alias;
    }
}
