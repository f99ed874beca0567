package io.nightjar.routing;

import io.nightjar.mqtt.Delivery;

/** A session of this node that can receive messages. Thread-safe; never blocks. */
public interface Subscriber {
    String clientId();

    void deliver(Delivery delivery);

    /** Whether a connection is attached: a shared group prefers members that are. */
    boolean isConnected();
}
