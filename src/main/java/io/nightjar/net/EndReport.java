package io.nightjar.net;

import io.nightjar.connection.Handshake;
import io.nightjar.connection.PacketRing;
import io.nightjar.connection.Traffic;
import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.Evidence;
import io.nightjar.diagnosis.Evidence.PacketMark;
import io.nightjar.diagnosis.Verdicts;
import io.nightjar.message.SessionLink;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gathers the evidence of an end at that instant and tells everyone who wants to know, once. */
final class EndReport {
    private final MqttChannel connection;
    private final @Nullable ConnectPhase phase;

    /** @param phase the handshake if it was not over */
    EndReport(MqttChannel connection, @Nullable ConnectPhase phase) {
        this.connection = connection;
        this.phase = phase;
    }

    void tell(DisconnectReason reason) {
        if (phase != null && phase.packet() == null) {
            Tracing.accepted(connection);
        }
        Evidence evidence = evidence();
        ConnectionEnd end = new ConnectionEnd(
                connection.context.wall().millis(), stage(), reason, evidence, Verdicts.of(reason, evidence));
        try {
            Tracing.ended(connection, end);
            connection.context.ends().accept(end);
            Presence.ended(connection, end);
        } finally {
            connection.context.closed().accept(connection);
        }
    }

    private ConnectionEnd.Stage stage() {
        if (phase == null) {
            return ConnectionEnd.Stage.CONNECTED;
        }
        return phase.packet() == null ? ConnectionEnd.Stage.BEFORE_CONNECT : ConnectionEnd.Stage.CONNECTING;
    }

    private Evidence evidence() {
        long now = connection.context.clock().millis();
        Traffic traffic = connection.traffic;
        Packet.Connect connect = phase == null ? null : phase.packet();
        Handshake.Agreed agreed = phase == null ? null : phase.agreed();
        MqttVersion version = connection.decoder.version();
        boolean known = phase == null || agreed != null;
        SessionLink.Backlog backlog = connection.session == null ? null : connection.session.backlog();
        return new Evidence(
                connection.clientId == null ? "" : connection.clientId,
                connection.username,
                connection.peer(),
                connection.listenerId(),
                connection.listener.transport().word(),
                connection.carrier == null ? Map.of() : connection.carrier.evidence(),
                connection.context.node(),
                version == null ? null : version.toString(),
                connect == null && phase != null ? null : (Boolean) connection.cleanStart,
                known ? (agreed == null ? connection.keepAliveSeconds : agreed.keepAliveSeconds()) : null,
                known ? (agreed == null ? connection.requestedExpirySeconds : agreed.sessionExpirySeconds()) : null,
                now - traffic.startMillis(),
                traffic.packetsIn(),
                traffic.packetsOut(),
                traffic.messagesIn(),
                traffic.messagesOut(),
                traffic.bytesIn(),
                traffic.bytesOut(),
                traffic.packetsIn() == 0 ? null : now - traffic.lastInMillis(),
                traffic.packetsOut() == 0 ? null : now - traffic.lastOutMillis(),
                backlog == null ? null : backlog.inflight(),
                backlog == null ? null : backlog.queued(),
                traffic.dropped() + (backlog == null ? 0 : backlog.dropped()),
                marks(traffic.lastIn(), now),
                marks(traffic.lastOut(), now),
                SocketFigures.of(connection));
    }

    private List<PacketMark> marks(PacketRing ring, long now) {
        List<PacketMark> marks = new ArrayList<>(8);
        long start = connection.traffic.startMillis();
        ring.forEach((type, id, size, at) -> marks.add(new PacketMark(type, id, size, now - start - at)));
        return marks;
    }
}
