package io.nightjar.peers;

import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * HiveMQ CE on a free port of loopback, with its defaults but for this: it lets everybody in, as Nightjar does on loopback,
 * and phones nobody. {@code DIR}: keeps its files there, prints {@code port=N} when it serves, and ends when it is killed.
 */
public final class HiveMqPeer {
    private HiveMqPeer() {}

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[0]);
        int port = freePort();
        Path conf = folder(dir, "conf");
        Files.writeString(
                conf.resolve("config.xml"),
                """
                <?xml version="1.0"?>
                <hivemq>
                  <listeners>
                    <tcp-listener><port>%d</port><bind-address>127.0.0.1</bind-address></tcp-listener>
                  </listeners>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """
                        .formatted(port));
        EmbeddedExtension everybody = EmbeddedExtension.builder()
                .withId("everybody")
                .withName("Lets everybody in")
                .withVersion("1")
                .withAuthor("Nightjar")
                .withExtensionMain(new Everybody())
                .build();
        EmbeddedHiveMQ broker = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(conf)
                .withDataFolder(folder(dir, "data"))
                .withExtensionsFolder(folder(dir, "extensions"))
                .withEmbeddedExtension(everybody)
                .build();
        broker.start().join();
        System.out.println("port=" + port);
        Thread.currentThread().join();
    }

    private static Path folder(Path dir, String name) throws IOException {
        return Files.createDirectories(dir.resolve(name));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Accepts every CONNECT. */
    private static final class Everybody implements ExtensionMain {
        @Override
        public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
            SimpleAuthenticator accept = (connect, answer) -> answer.authenticateSuccessfully();
            Services.securityRegistry().setAuthenticatorProvider(client -> accept);
        }

        @Override
        public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}
    }
}
