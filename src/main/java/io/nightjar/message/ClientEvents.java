package io.nightjar.message;

import io.nightjar.diagnosis.ConnectionEnd;

/**
 * Who hears of clients that come and go: of each at its CONNACK, and once more at the end of that same connection; of a
 * CONNECT that was refused never. Called on event loops by many at once; must not block.
 */
public interface ClientEvents {
    /** Nobody. */
    ClientEvents OFF = new ClientEvents() {
        @Override
        public boolean isOn() {
            return false;
        }

        @Override
        public void connected(ConnectedClient client, boolean sessionPresent) {}

        @Override
        public void disconnected(ConnectedClient client, ConnectionEnd end) {}
    };

    /** Whether any client is of interest: asked before anything is put together. */
    boolean isOn();

    void connected(ConnectedClient client, boolean sessionPresent);

    void disconnected(ConnectedClient client, ConnectionEnd end);
}
