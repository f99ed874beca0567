package io.nightjar.testing;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A node in a process of its own, on free ports of the loopback, so that it can be killed as a machine dies. */
public final class NodeProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String ADMIN_PASSWORD = "only for this test";

    private final Process process;
    private final Path output;
    private ApiClient api;

    private NodeProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Starts the process and does not wait for it; {@link #awaitReady} does.
     *
     * @param directory fresh; the node's own directory is made in it
     * @param seeds {@code host:port} of nodes to join
     * @param settings as on the command line, without the leading {@code nightjar.}
     */
    public static NodeProcess start(Path directory, String name, Map<String, String> settings, String... seeds) {
        return start(List.of(), classPath(), directory, name, settings, seeds);
    }

    /**
     * One that may have so many file descriptors open; its own directory is made in the given one. Its classes are in a
     * jar, as those of an installed one: a class in a directory takes a descriptor to load.
     */
    public static NodeProcess startWithDescriptors(int most, Path directory, String name, Map<String, String> settings)
            throws IOException {
        List<String> limited = List.of("sh", "-c", "ulimit -n " + most + " && exec \"$0\" \"$@\"");
        return start(limited, classPathOfJars(directory), directory, name, settings);
    }

    private static String classPathOfJars(Path directory) throws IOException {
        List<String> jars = new ArrayList<>();
        for (String entry : classPath().split(File.pathSeparator)) {
            Path classes = Path.of(entry);
            if (!Files.isDirectory(classes)) {
                jars.add(entry);
                continue;
            }
            Path jar = directory.resolve("classes-" + jars.size() + ".jar");
            jars.add(jar.toString());
            if (!Files.exists(jar)) {
                pack(classes, jar);
            }
        }
        return String.join(File.pathSeparator, jars);
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
                Files.copy(file, zip);
            }
        }
    }

    private static NodeProcess start(
            List<String> before,
            String classPath,
            Path directory,
            String name,
            Map<String, String> settings,
            String... seeds) {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.add("-Dnightjar.node-name=" + name);
        command.add("-Dnightjar.data-dir=" + directory.resolve(name));
        command.add("-Dnightjar.listeners.tcp.default.bind=127.0.0.1:0");
        command.add("-Dnightjar.listeners.ws.default.bind=127.0.0.1:0");
        command.add("-Dnightjar.http.bind=127.0.0.1:0");
        command.add("-Dnightjar.cluster.bind=127.0.0.1:0");
        command.add("-Dnightjar.log.ends-per-second=1000000"); // tests count ends by their lines
        if (!settings.containsKey("recorder.size")) {
            command.add("-Dnightjar.recorder.size=4MiB"); // and not 256 of each of the many
        }
        if (seeds.length > 0) {
            command.add("-Dnightjar.cluster.seed-nodes=" + String.join(",", seeds));
        }
        settings.forEach((key, value) -> command.add("-Dnightjar." + key + "=" + value));
        command.addAll(List.of("-cp", classPath, "io.nightjar.app.Main", "start"));
        Path output = directory.resolve(name + ".out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("NIGHTJAR_ADMIN_PASSWORD", ADMIN_PASSWORD);
        try {
            return new NodeProcess(builder.start(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The class path of this JVM; Surefire hides it behind a jar of its own. */
    private static String classPath() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> own = new ArrayList<>();
        for (String entry : path.split(File.pathSeparator)) {
            if (!entry.endsWith("test-classes")) {
                own.add(entry);
            }
        }
        return String.join(File.pathSeparator, own);
    }

    /** Returns when it is a member of its cluster and its listeners are open. */
    public NodeProcess awaitReady() {
        await("node is ready").atMost(PATIENCE).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("the node ended: " + output());
            }
            return output().contains("nightjar is ready") && output().contains("cluster=");
        });
        api = new ApiClient(port("http"), ADMIN_PASSWORD);
        return this;
    }

    /** Port of MQTT on 127.0.0.1. */
    public int port() {
        return port("listener\\.tcp\\.default");
    }

    public int httpPort() {
        return port("http");
    }

    public long pid() {
        return process.pid();
    }

    /** {@code host:port} that other nodes name as a seed. */
    public String clusterAddress() {
        return "127.0.0.1:" + port("cluster");
    }

    public ApiClient api() {
        return api;
    }

    private int port(String word) {
        Matcher found =
                Pattern.compile("\\b" + word + "=127\\.0\\.0\\.1:(\\d+)").matcher(output());
        if (!found.find()) {
            throw new IllegalStateException("no " + word + " in " + output());
        }
        return Integer.parseInt(found.group(1));
    }

    /** Everything it wrote. */
    public String output() {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@code kill -9}: no goodbye to anybody. */
    public void kill() {
        process.destroyForcibly();
        await().atMost(PATIENCE).until(() -> !process.isAlive());
    }

    /** As {@code kill -STOP}: it is there and answers nothing from now on. Closing it ends it all the same. */
    public void freeze() {
        Suspension.suspend(process);
    }

    /** As {@code kill}; waits until it is gone. */
    public void stop() {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the node did not stop: " + output());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
