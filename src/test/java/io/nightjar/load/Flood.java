package io.nightjar.load;

/**
 * Publishers that send one message over and over: as fast as the broker takes it, or at a rate. At QoS 1 each has at most
 * the broker's Receive Maximum unacknowledged, at QoS 0 at most {@value #UNSENT_BYTES} bytes unsent.
 */
final class Flood {
    private static final int UNSENT_BYTES = 128 * 1024;
    private static final int AT_ONCE = 200;

    private final LoadClient[] clients;
    private final byte[][] packets;
    private final int[] unacknowledged;
    private final int qos;
    private final int packetIdAt;
    private final long begun = System.nanoTime();
    private final double rate;
    private final long most;
    private long sent;
    private long acknowledged;

    /**
     * @param packets the message of each client
     * @param payload bytes of its payload
     * @param rate messages a second of all; 0: as fast as they are taken
     * @param most messages of all; then no more
     */
    Flood(LoadClient[] clients, byte[][] packets, int qos, int payload, double rate, long most) {
        this.clients = clients;
        this.packets = packets;
        this.qos = qos;
        this.packetIdAt = clients.length == 0 || qos == 0 ? 0 : clients[0].packets.packetIdOffset(packets[0], payload);
        this.unacknowledged = new int[clients.length];
        this.rate = rate;
        this.most = most;
    }

    /** Sends what may be sent now; to be called each turn. */
    void pump(LoadLoop loop) {
        long due = rate > 0 ? Math.min(most, (long) ((System.nanoTime() - begun) / 1e9 * rate)) : most;
        for (int i = 0; i < clients.length && sent < due; i++) {
            LoadClient client = clients[i];
            int room = qos == 0 ? AT_ONCE : Math.min(AT_ONCE, client.receiveMaximum() - unacknowledged[i]);
            boolean any = false;
            for (int n = 0; n < room && sent < due && client.unsent() < UNSENT_BYTES && client.isConnected(); n++) {
                client.append(packet(client, i));
                any = true;
                sent++;
            }
            if (any) {
                loop.wantsFlush(client);
            }
        }
    }

    private byte[] packet(LoadClient client, int i) {
        byte[] packet = packets[i];
        if (qos > 0) {
            int id = client.nextPacketId;
            client.nextPacketId = id == 0xFFFF ? 1 : id + 1;
            packet[packetIdAt] = (byte) (id >>> 8);
            packet[packetIdAt + 1] = (byte) id;
            unacknowledged[i]++;
        }
        return packet;
    }

    /** @param publisher its place among the clients */
    void acknowledged(int publisher) {
        unacknowledged[publisher]--;
        acknowledged++;
    }

    long sent() {
        return sent;
    }

    /** Whether all that is to be sent was, and taken. */
    boolean isDone() {
        return sent >= most && (qos == 0 || acknowledged >= sent);
    }
}
