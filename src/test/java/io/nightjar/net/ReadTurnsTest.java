package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.Sessions;
import io.nightjar.metrics.Counters;
import io.nightjar.testing.RawMqttClient;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadTurnsTest {
    private static final int PUBACK_BYTES = 4;
    private static final int OF_A_TURN = Listener.READS_A_TURN * Listener.READ_BYTES / PUBACK_BYTES;
    private static final int MANY = 2 * OF_A_TURN;

    @Test
    void who_sends_little_waits_for_one_turn_of_who_sends_very_much() throws Exception {
        InstantSource clock = InstantSource.system();
        NettyLoops loops = new NettyLoops(1, true, clock);
        List<String> heard = new ArrayList<>(); // by the one loop
        CompletableFuture<List<String>> all = new CompletableFuture<>();
        Sessions sessions = (clientId, connection, info) -> connection.attached(1, false, new Link(() -> {
            heard.add(clientId);
            if (heard.size() == MANY + 1) {
                all.complete(List.copyOf(heard));
            }
        }));
        try (LoneListener listener = new LoneListener(
                        loops, clock, new Counters(), sessions, EnhancedAuthentication.none(), end -> {});
                RawMqttClient much = RawMqttClient.connect("127.0.0.1", listener.port());
                RawMqttClient little = RawMqttClient.connect("127.0.0.1", listener.port())) {
            much.open("much", true);
            little.open("little", true);
            CountDownLatch stands = new CountDownLatch(1);
            CompletableFuture<Void> goesOn = new CompletableFuture<>();
            loops.executor(0).execute(() -> {
                stands.countDown();
                goesOn.orTimeout(30, TimeUnit.SECONDS).join();
            });
            assertThat(stands.await(30, TimeUnit.SECONDS)).isTrue();
            much.sendBytes(pubAcks(MANY));
            little.sendBytes(pubAcks(1));
            goesOn.complete(null);

            assertThat(all.get(30, TimeUnit.SECONDS).indexOf("little")).isLessThanOrEqualTo(OF_A_TURN);
        }
    }

    /** Of Packet Identifier 1. */
    private static byte[] pubAcks(int count) {
        byte[] bytes = new byte[count * PUBACK_BYTES];
        for (int i = 0; i < bytes.length; i += PUBACK_BYTES) {
            bytes[i] = 0x40;
            bytes[i + 1] = 2;
            bytes[i + 3] = 1;
        }
        return bytes;
    }

    /** Tells of each acknowledgement. */
    private record Link(Runnable heard) implements SessionLink {
        @Override
        public void tell(SessionCommand command) {
            if (command instanceof SessionCommand.Acknowledge) {
                heard.run();
            }
        }

        @Override
        public String node() {
            return "test";
        }
    }
}
