package io.nightjar.net;

import io.nightjar.mqtt.Cidr;
import java.util.List;

/**
 * Every connection of a listener begins with a PROXY header, written by a load balancer.
 *
 * @param versions which forms are taken
 * @param from addresses that may connect; empty: all
 */
public record ProxySettings(Versions versions, List<Cidr> from) {
    public ProxySettings {
        from = List.copyOf(from);
    }

    /** Version 1 is a line of text, version 2 is binary. */
    public enum Versions {
        V1,
        V2,
        ANY
    }
}
