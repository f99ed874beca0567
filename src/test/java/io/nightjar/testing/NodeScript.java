package io.nightjar.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Scripts of {@code src/test/js}, with what their lock file names installed into {@code target/js} once. What is
 * missing (Node, npm, the registry) is an error that says so, never a test that passes without having run.
 */
public final class NodeScript {
    private static final Path PROJECT = Path.of(System.getProperty("nightjar.project", ""));
    private static final Path SOURCES = PROJECT.resolve("src/test/js");
    private static final Path INSTALLED = PROJECT.resolve("target/js");
    private static final int INSTALL_MINUTES = 5;
    private static final int RUN_MINUTES = 5;

    private NodeScript() {}

    /** How a script ended and everything it wrote. */
    public record Result(int exitCode, String output) {}

    /** Runs a script of {@code src/test/js} and waits for it. */
    public static Result run(String script, String... arguments) throws IOException, InterruptedException {
        install();
        List<String> command = new ArrayList<>(List.of("node", script));
        command.addAll(List.of(arguments));
        return execute(command, RUN_MINUTES, "install Node 18 or later: apt-get install nodejs npm");
    }

    private static synchronized void install() throws IOException, InterruptedException {
        Path stamp = INSTALLED.resolve("node_modules/.nightjar-lock");
        String lock = Files.readString(SOURCES.resolve("package-lock.json"));
        boolean installed = Files.exists(stamp) && Files.readString(stamp).equals(lock);
        Files.createDirectories(INSTALLED);
        try (var files = Files.list(SOURCES)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.write(INSTALLED.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        if (!installed) {
            List<String> npm = List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
            Result result = execute(npm, INSTALL_MINUTES, "install npm: apt-get install nodejs npm");
            if (result.exitCode != 0) {
                throw new IllegalStateException("npm could not install what src/test/js/package-lock.json names;"
                        + " it needs the registry once: " + result.output);
            }
            Files.writeString(stamp, lock);
        }
    }

    private static Result execute(List<String> command, int minutes, String remedy)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(INSTALLED, "output", ".txt");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(INSTALLED.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException(command.get(0) + " cannot be started; " + remedy, e);
        }
        try {
            if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
                throw new IllegalStateException(String.join(" ", command) + " took more than " + minutes + " minutes: "
                        + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.deleteIfExists(output);
        }
    }
}
