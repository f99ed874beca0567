package io.nightjar.store;

import io.nightjar.diagnosis.ConnectionEnd;
import io.nightjar.diagnosis.Evidence;
import io.nightjar.diagnosis.Evidence.PacketMark;
import io.nightjar.diagnosis.FlightRecorder;
import io.nightjar.diagnosis.Verdicts;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.PacketType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ends and clients as a node tells them. */
final class RecordedEnds {
    private RecordedEnds() {}

    static FlightRecorder.Client client(String clientId, String peer) {
        return new FlightRecorder.Client(clientId, "user", peer, "tcp:default", "5.0", true, 60, 3600);
    }

    static ConnectionEnd end(
            long atMillis, ConnectionEnd.Stage stage, DisconnectReason reason, String clientId, String peer) {
        return end(atMillis, stage, reason, clientId, peer, "user-" + clientId, "tcp:default");
    }

    static ConnectionEnd end(
            long atMillis,
            ConnectionEnd.Stage stage,
            DisconnectReason reason,
            String clientId,
            String peer,
            String username,
            String listener) {
        Map<String, Object> socket = new LinkedHashMap<>();
        socket.put("unsent_bytes", "0");
        socket.put("tcp_rtt_us", 1234L);
        socket.put("tcp_retransmits", "07");
        socket.put("tcp_state", "ESTABLISHED");
        List<PacketMark> marks = List.of(
                new PacketMark(PacketType.CONNECT, 0, 22, 4321),
                new PacketMark(PacketType.SUBSCRIBE, 65_535, 300, 4320),
                new PacketMark(PacketType.PUBLISH, 0, 268_435_460, 0));
        Evidence evidence = new Evidence(
                clientId,
                username,
                peer,
                listener,
                "tcp",
                Map.of("sni", "broker.example"),
                "n1@127.0.0.1",
                "5.0",
                true,
                60,
                4_294_967_295L,
                123_456,
                1,
                2,
                3,
                4,
                5_000_000_000L,
                6,
                7L,
                null,
                null,
                17,
                0,
                marks,
                marks,
                socket);
        return new ConnectionEnd(atMillis, stage, reason, evidence, Verdicts.of(reason, evidence));
    }
}
