package io.nightjar.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every seed and every input that once broke something, and a short run of the coverage-guided fuzzer from there; the
 * long one is {@code ops/fuzz}. Same seeds and same random numbers each time.
 */
class FuzzTest {
    private static final int RUNS = 2_000;
    private static final int PATIENCE_SECONDS = 600;
    private static final Pattern OF_OTHER_TESTS = Pattern.compile(
            "selenium|opentelemetry|byte-buddy|guava|archunit|bouncycastle|hivemq|paho|rxjava|jnr|commons-math|jmh");

    /** A file of seeds: its name, the class that takes them, the inputs. */
    record Target(String name, String className, List<byte[]> inputs) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Target> targets() throws IOException {
        List<Target> targets = new ArrayList<>();
        Path directory = Path.of(System.getProperty("nightjar.project"), "src/test/resources/fuzz");
        try (var files = Files.list(directory).sorted()) {
            for (Path file : files.toList()) {
                targets.add(target(file));
            }
        }
        return targets;
    }

    private static Target target(Path file) throws IOException {
        String className = "";
        List<byte[]> inputs = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("# target: ")) {
                className = line.substring("# target: ".length()).strip();
            } else if (!line.isBlank() && !line.startsWith("#")) {
                inputs.add(HexFormat.of().parseHex(line));
            }
        }
        return new Target(file.getFileName().toString().replace(".txt", ""), className, inputs);
    }

    @ParameterizedTest
    @MethodSource("targets")
    void known_inputs_break_nothing(Target target) throws Throwable {
        MethodHandle fuzz = MethodHandles.lookup()
                .findStatic(
                        Class.forName(target.className),
                        "fuzzerTestOneInput",
                        MethodType.methodType(void.class, byte[].class));

        for (byte[] input : target.inputs) {
            fuzz.invokeExact(input);
        }

        assertThat(target.inputs).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void a_short_guided_run_breaks_nothing(Target target, @TempDir Path directory) throws Exception {
        Path seeds = Files.createDirectory(directory.resolve("seeds"));
        for (int i = 0; i < target.inputs.size(); i++) {
            Files.write(seeds.resolve(String.valueOf(i)), target.inputs.get(i));
        }
        Path corpus = Files.createDirectory(directory.resolve("corpus"));
        Path output = directory.resolve("output.txt");

        Process fuzzer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx500m",
                        "-cp",
                        classPath(),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target.className,
                        "--instrumentation_includes=io.nightjar.**",
                        "--custom_hook_excludes=**",
                        "--reproducer_path=" + directory,
                        "-artifact_prefix=" + directory + "/",
                        "-seed=1",
                        "-max_len=512",
                        "-rss_limit_mb=4000", // of the fuzzer itself: the heap is bound above
                        "-runs=" + RUNS,
                        corpus.toString(),
                        seeds.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean over = fuzzer.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        fuzzer.destroyForcibly();

        assertThat(over).as("it ends in time").isTrue();
        assertThat(fuzzer.exitValue()).as(Files.readString(output)).isZero();
        assertThat(Files.readString(output)).contains("Done " + RUNS + " runs");
    }

    /** Without what other tests need: the fuzzer reads every jar at its start. */
    private static String classPath() {
        String whole = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Stream.of(whole.split(File.pathSeparator))
                .filter(entry -> !OF_OTHER_TESTS.matcher(entry).find())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
