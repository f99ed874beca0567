package io.nightjar.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Holds what an idle MQTT 5 connection with one subscription takes of the heap: channel, pipeline, connection, session
 * actor, shard entry, subscription and route. 3.0 KB are promised on JDK 25 with compact headers, 3.5 KB on 17.
 */
class IdleBytesTest {
    private static final int CONNECTIONS = 20_000;

    /** What Netty's in-process channel takes beyond an epoll one: its queue (JCTools' SpscLinkedQueue), without padding. */
    private static final int QUEUE_OF_LOCAL_CHANNEL = 392;

    private static final boolean COMPACT = Runtime.version().feature() >= 25;
    private static final Pattern STEP = Pattern.compile("(?m)^ +20,000 +[0-9,]+ +([0-9,]+) ");

    @Test
    void an_idle_connection_takes_no_more_than_is_promised() throws IOException, InterruptedException {
        String printed = million();

        Matcher step = STEP.matcher(printed);
        assertThat(step.find()).as(printed).isTrue();
        long bytes = Long.parseLong(step.group(1).replace(",", "")) - QUEUE_OF_LOCAL_CHANNEL;
        assertThat(bytes).as(printed).isBetween(1_000L, COMPACT ? 3_000L : 3_500L);
        assertThat(printed).contains("connections open: 40,064,");
    }

    private static String million() throws IOException, InterruptedException {
        String home = System.getProperty("java.home");
        List<String> command =
                new ArrayList<>(List.of(Path.of(home, "bin", "java").toString(), "-Xmx1g"));
        if (COMPACT) {
            command.add("-XX:+UseCompactObjectHeaders");
        }
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String count = Integer.toString(CONNECTIONS);
        command.addAll(List.of("-Dlog.console=OFF", "-cp", classPath, Million.class.getName()));
        command.addAll(List.of(count, count, "1000", "1000"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(printed).isZero();
            return printed;
        } finally {
            process.destroyForcibly();
        }
    }
}
