package io.nightjar.testing.device;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Eclipse Mosquitto's command line tools: one mosquitto_sub with the ClientID, one mosquitto_pub for each message. */
final class Mosquitto extends Device {
    private static final String MARK = "MESSAGE ";

    private final Connect connect;
    private final String version;
    private final List<String> subscriptions = new ArrayList<>();
    private Process subscriber;

    Mosquitto(Connect connect, String version) {
        this.connect = connect;
        this.version = version;
    }

    /** A tool has all its subscriptions from the start: for another one it is started again. */
    @Override
    public void subscribe(String filter, int qos) throws IOException, InterruptedException {
        if (subscriber != null) {
            throw new IllegalStateException("mosquitto_sub subscribes once");
        }
        subscriptions.addAll(List.of("-t", filter, "-q", Integer.toString(qos)));
        // Its output is a pipe, which it would fill before it writes.
        List<String> command = new ArrayList<>(List.of("stdbuf", "-oL", "mosquitto_sub"));
        command.addAll(server());
        command.addAll(List.of("-i", connect.clientId(), "-d", "-F", MARK + "%q|%r|%t|%x|%R|%D|%P"));
        command.addAll(subscriptions);
        if (connect.stored()) {
            command.add("-c");
            if (version.equals("mqttv5")) {
                command.addAll(List.of("-x", "600"));
            }
        }
        Note will = connect.will();
        if (will != null) {
            command.addAll(List.of("--will-topic", will.topic(), "--will-qos", Integer.toString(will.qos())));
            command.addAll(List.of("--will-payload", will.payload()));
            if (will.retain()) {
                command.add("--will-retain");
            }
        }
        subscriber = new ProcessBuilder(command).redirectErrorStream(true).start();
        CountDownLatch subscribed = new CountDownLatch(1);
        Thread reader = new Thread(() -> read(subscriber, subscribed), "mosquitto_sub " + connect.clientId());
        reader.setDaemon(true);
        reader.start();
        if (!subscribed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("mosquitto_sub did not subscribe");
        }
    }

    private List<String> server() {
        return List.of("-h", "127.0.0.1", "-p", Integer.toString(connect.port()), "-V", version);
    }

    private void read(Process process, CountDownLatch subscribed) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(MARK)) {
                    arrived(note(line.substring(MARK.length())));
                } else if (line.startsWith("Subscribed ")) {
                    subscribed.countDown();
                }
            }
        } catch (IOException ended) {
            // the process is gone
        }
    }

    private static Note note(String line) {
        String[] parts = line.split("\\|", -1);
        String payload = new String(HexFormat.of().parseHex(parts[3]), StandardCharsets.UTF_8);
        List<String> user =
                parts[6].isBlank() ? List.of() : List.of(parts[6].trim().split(" "));
        return new Note(parts[2], payload, Integer.parseInt(parts[0]), parts[1].equals("1"), user, parts[4], parts[5]);
    }

    @Override
    public void publish(Note note) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("mosquitto_pub"));
        command.addAll(server());
        command.addAll(List.of("-t", note.topic(), "-q", Integer.toString(note.qos())));
        command.add(note.payload().isEmpty() ? "-n" : "-s");
        if (note.retain()) {
            command.add("-r");
        }
        for (String property : note.userProperties()) {
            int colon = property.indexOf(':');
            command.addAll(List.of("-D", "publish", "user-property"));
            command.addAll(List.of(property.substring(0, colon), property.substring(colon + 1)));
        }
        if (!note.responseTopic().isEmpty()) {
            command.addAll(List.of("-D", "publish", "response-topic", note.responseTopic()));
        }
        if (!note.correlation().isEmpty()) {
            command.addAll(List.of("-D", "publish", "correlation-data", note.correlation()));
        }
        Process publisher =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            publisher.getOutputStream().write(note.payload().getBytes(StandardCharsets.UTF_8));
            publisher.getOutputStream().close();
            if (!publisher.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || publisher.exitValue() != 0) {
                throw new AssertionError(
                        "mosquitto_pub: " + publisher.inputReader().readLine());
            }
        } finally {
            publisher.destroyForcibly();
        }
    }

    /** SIGTERM, at which it says goodbye. */
    @Override
    public void disconnect() throws InterruptedException {
        subscriber.destroy();
        if (!subscriber.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("mosquitto_sub did not end");
        }
    }

    @Override
    public void close() {
        if (subscriber != null) {
            subscriber.destroyForcibly();
        }
    }
}
