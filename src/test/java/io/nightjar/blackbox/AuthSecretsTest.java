package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.ScramVerifier;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.AllLogs;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.ScramClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing of what client and server tell each other in AUTH is in a log at any level, a trace, evidence or the API. */
class AuthSecretsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String CLIENT = "keeps-secrets";
    private static final String PASSWORD = "right horse";

    /** So many characters of a secret in a row are too many. */
    private static final int PIECE = 8;

    @TempDir
    Path directory;

    private final List<String> secrets = new ArrayList<>();

    @Test
    void authentication_data_is_nowhere_to_be_read() throws IOException {
        Path users = directory.resolve("users");
        ScramVerifier verifier =
                Objects.requireNonNull(ScramVerifier.of(PASSWORD.toCharArray(), ScramVerifier.MIN_ITERATIONS));
        Files.writeString(users, "ann:" + verifier.text() + "\nbad:" + verifier.text() + "$\n");
        secrets.add(PASSWORD);
        secrets.addAll(List.of(
                verifier.text().substring("$scram-sha-256$i=4096$".length()).split("\\$")));
        StringBuilder shown = new StringBuilder();
        try (AllLogs logs = new AllLogs();
                TestBroker broker = TestBroker.start(
                        directory, "secrets", Map.of("authentication.password-file", users.toString()))) {
            String trace = broker.api().trace(CLIENT, 1);
            int ends = useIt(broker, shown);
            broker.api().tracedEnds(trace, ends);
            shown.append(broker.api().traceText(trace));
            broker.api().deleteTrace(trace);
            shown.append(String.join("\n", logs.lines));
        }

        assertThat(shown.toString())
                .contains("AUTH")
                .contains("authentication_refused")
                .contains("malformed_packet");
        for (String secret : secrets) {
            assertHidden(shown.toString(), secret);
        }
    }

    /** Logs in, again, wrongly and brokenly; how many connections ended. */
    private int useIt(TestBroker broker, StringBuilder shown) throws IOException {
        try (RawMqttClient client = login(broker, PASSWORD)) {
            client.expect(Packet.ConnAck.class);
            ScramClient again = remember(new ScramClient("ann", PASSWORD));
            client.send(auth(ReasonCode.RE_AUTHENTICATE, again.first()));
            answer(client, again);
            assertThat(client.expect(Packet.Auth.class).code()).isEqualTo(ReasonCode.SUCCESS);
            shown.append(broker.api().client(CLIENT));
            shown.append(broker.api().json("/clients?limit=100"));
            client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, again.first()));
            assertThat(client.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            client.awaitEnd(PATIENCE);
        }
        try (RawMqttClient client = login(broker, "wrong horse")) {
            assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            client.awaitEnd(PATIENCE);
        }
        String[] broken = {"F0 0F 18 0D 15 0001 4D 16 0004 61626364 FE 00", "F3 0D 18 0B 15 0001 4D 16 0004 61626364"};
        for (String hex : broken) {
            try (RawMqttClient client = begin(broker, remember(new ScramClient("ann", PASSWORD)))) {
                client.expect(Packet.Auth.class);
                client.sendHex(
                        hex.replace("61626364", HexFormat.of().formatHex("Zq8-".getBytes(StandardCharsets.UTF_8))));
                assertThat(client.expect(Packet.ConnAck.class).code()).isEqualTo(ReasonCode.MALFORMED_PACKET);
                client.awaitEnd(PATIENCE);
            }
        }
        return 2 + broken.length;
    }

    private RawMqttClient login(TestBroker broker, String password) throws IOException {
        ScramClient scram = remember(new ScramClient("ann", password));
        RawMqttClient client = begin(broker, scram);
        answer(client, scram);
        return client;
    }

    private static RawMqttClient begin(TestBroker broker, ScramClient scram) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port());
        client.send(new Packet.Connect(MqttVersion.V5, true, 0, properties(scram.first()), CLIENT, null, null, null));
        return client;
    }

    private void answer(RawMqttClient client, ScramClient scram) throws IOException {
        String challenge = Objects.requireNonNull(
                        client.expect(Packet.Auth.class).properties().getBytes(Property.AUTHENTICATION_DATA))
                .text();
        String last = scram.last(challenge);
        secrets.add(challenge.substring(2 + scram.nonce().length(), challenge.indexOf(",s=")));
        secrets.add(last.substring(last.indexOf(",p=") + 3));
        client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, last));
    }

    private ScramClient remember(ScramClient scram) {
        secrets.add(scram.nonce());
        return scram;
    }

    private static Packet.Auth auth(ReasonCode code, String data) {
        return new Packet.Auth(code, properties(data));
    }

    private static Properties properties(String data) {
        return Properties.of(Property.AUTHENTICATION_METHOD, "SCRAM-SHA-256")
                .with(Property.AUTHENTICATION_DATA, Bytes.utf8(data));
    }

    private static void assertHidden(String shown, String secret) {
        for (int i = 0; i + PIECE <= secret.length(); i++) {
            String piece = secret.substring(i, i + PIECE);
            byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
            assertThat(shown.contains(piece)).as("%s is shown", piece).isFalse();
            assertThat(shown.contains(HexFormat.ofDelimiter(" ").formatHex(bytes)))
                    .as("%s is shown in hex", piece)
                    .isFalse();
        }
        assertThat(shown).doesNotContain("Zq8-").doesNotContain("5a 71 38 2d");
    }
}
