package io.nightjar.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.datatypes.MqttUtf8String;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientConfig;
import com.hivemq.client.mqtt.mqtt5.auth.Mqtt5EnhancedAuthMechanism;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5Auth;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5AuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5EnhancedAuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.nightjar.auth.ScramVerifier;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.testing.ScramClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SCRAM-SHA-256 with HiveMQ's client, which drives the exchange as it reads the standard. */
class ScramHiveTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    private static Path directory;

    private static TestBroker broker;

    @BeforeAll
    static void start() throws IOException {
        Path users = directory.resolve("users");
        Files.writeString(
                users,
                "ann:"
                        + Objects.requireNonNull(ScramVerifier.of("right horse".toCharArray(), 5000))
                                .text()
                        + "\n");
        broker = TestBroker.start(
                directory,
                "hive",
                Map.of("authentication.password-file", users.toString(), "authentication.exchange-timeout", "2m"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    @OftenWrong(32)
    void a_client_logs_in_authenticates_again_and_its_messages_flow() throws Exception {
        Scram scram = new Scram("right horse");
        Mqtt5BlockingClient client = client("hive-again", scram);
        CompletableFuture<Mqtt5Publish> got = new CompletableFuture<>();

        client.connect();
        assertThat(scram.proven).hasValue(1);
        client.toAsync().reauth().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(scram.proven).hasValue(2);
        client.toAsync()
                .subscribeWith()
                .topicFilter("t")
                .callback(got::complete)
                .send()
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        client.publishWith()
                .topic("t")
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload("x".getBytes(StandardCharsets.UTF_8))
                .send();

        assertThat(got.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getPayloadAsBytes())
                .isEqualTo("x".getBytes(StandardCharsets.UTF_8));
        assertThat(broker.api().client("hive-again").path("username").asText()).isEqualTo("ann");
        client.disconnect();
    }

    @Test
    @OftenWrong(31)
    void a_client_with_a_wrong_password_gets_a_connack_that_says_so() {
        Scram scram = new Scram("wrong horse");

        assertThatThrownBy(() -> client("hive-wrong", scram).connect())
                .isInstanceOfSatisfying(Mqtt5ConnAckException.class, refused -> assertThat(
                                refused.getMqttMessage().getReasonCode())
                        .isEqualTo(Mqtt5ConnAckReasonCode.NOT_AUTHORIZED));
        assertThat(scram.rejected).isCompleted();
    }

    private static Mqtt5BlockingClient client(String clientId, Scram scram) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .enhancedAuth(scram)
                .buildBlocking();
    }

    /** The client's side of the method, as HiveMQ's client calls it. */
    private static final class Scram implements Mqtt5EnhancedAuthMechanism {
        final AtomicInteger proven = new AtomicInteger();
        final CompletableFuture<Void> rejected = new CompletableFuture<>();
        private final String password;
        private volatile ScramClient current;

        Scram(String password) {
            this.password = password;
            this.current = new ScramClient("ann", password);
        }

        @Override
        public MqttUtf8String getMethod() {
            return MqttUtf8String.of("SCRAM-SHA-256");
        }

        @Override
        public int getTimeout() {
            return (int) PATIENCE_SECONDS;
        }

        @Override
        public CompletableFuture<Void> onAuth(
                Mqtt5ClientConfig config, Mqtt5Connect connect, Mqtt5EnhancedAuthBuilder builder) {
            builder.data(begin());
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> onReAuth(Mqtt5ClientConfig config, Mqtt5AuthBuilder builder) {
            builder.data(begin());
            return CompletableFuture.completedFuture(null);
        }

        private byte[] begin() {
            current = new ScramClient("ann", password);
            return current.first().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public CompletableFuture<Boolean> onContinue(
                Mqtt5ClientConfig config, Mqtt5Auth auth, Mqtt5AuthBuilder builder) {
            builder.data(current.last(text(auth.getData())).getBytes(StandardCharsets.UTF_8));
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletableFuture<Boolean> onAuthSuccess(Mqtt5ClientConfig config, Mqtt5ConnAck accepted) {
            return proven(accepted.getEnhancedAuth().orElseThrow().getData());
        }

        @Override
        public CompletableFuture<Boolean> onReAuthSuccess(Mqtt5ClientConfig config, Mqtt5Auth auth) {
            return proven(auth.getData());
        }

        private CompletableFuture<Boolean> proven(Optional<ByteBuffer> data) {
            proven.incrementAndGet();
            return CompletableFuture.completedFuture(current.isServer(text(data)));
        }

        @Override
        public void onAuthRejected(Mqtt5ClientConfig config, Mqtt5ConnAck refused) {
            rejected.complete(null);
        }

        @Override
        public void onReAuthRejected(Mqtt5ClientConfig config, Mqtt5Disconnect disconnect) {
            rejected.complete(null);
        }

        @Override
        public void onAuthError(Mqtt5ClientConfig config, Throwable cause) {
            rejected.completeExceptionally(cause);
        }

        @Override
        public void onReAuthError(Mqtt5ClientConfig config, Throwable cause) {
            rejected.completeExceptionally(cause);
        }

        private static String text(Optional<ByteBuffer> data) {
            return StandardCharsets.UTF_8.decode(data.orElseThrow()).toString();
        }
    }
}
