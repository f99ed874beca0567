package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoundedAppenderTest {
    private static final int ROOM = 8;

    private final LoggerContext context = new LoggerContext();
    private final CountDownLatch released = new CountDownLatch(1);

    @AfterEach
    void stop() {
        released.countDown();
        context.stop();
        BoundedAppender.takeDropped();
    }

    @Test
    void a_disk_that_hangs_stops_nobody_and_what_is_dropped_is_counted() {
        BoundedAppender.takeDropped();
        context.setMDCAdapter(new LogbackMDCAdapter());
        AppenderBase<ILoggingEvent> hangs = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                try {
                    assertThat(released.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        hangs.setContext(context);
        hangs.start();
        BoundedAppender bounded = new BoundedAppender();
        bounded.setContext(context);
        bounded.setQueueSize(ROOM);
        bounded.addAppender(hangs);
        bounded.start();
        Logger log = context.getLogger("ends");
        log.setLevel(Level.INFO);
        log.addAppender(bounded);

        for (int i = 0; i < 100; i++) {
            log.info("event=connection_ended n={}", i);
        }

        // The thread behind may have taken a few before it hung.
        assertThat(BoundedAppender.takeDropped()).isBetween(100L - 2 * ROOM - 1, 100L - ROOM);
        assertThat(BoundedAppender.takeDropped()).isZero();
    }

    @Test
    void the_ends_of_connections_are_logged_that_way(@TempDir Path directory) throws Exception {
        context.putProperty("log.dir", directory.toString());
        context.putProperty("log.console", "OFF");
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);

        configurator.doConfigure(Path.of("conf/logback.xml").toFile());

        List<Appender<ILoggingEvent>> appenders = new ArrayList<>();
        Logger ends = context.getLogger("io.nightjar.ends");
        ends.iteratorForAppenders().forEachRemaining(appenders::add);
        assertThat(appenders).hasSize(2).allMatch(BoundedAppender.class::isInstance);
        assertThat(ends.isAdditive()).isFalse();
        assertThat(ends.getEffectiveLevel()).isEqualTo(Level.INFO);
    }
}
