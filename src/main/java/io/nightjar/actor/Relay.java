package io.nightjar.actor;

import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** An actor that waits for one answer, hands it on and is gone; also when none comes in time. */
final class Relay {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Relay() {}

    static <T> Behavior<T> of(Consumer<T> onAnswer) {
        return Behaviors.setup(context -> {
            context.setReceiveTimeout(PATIENCE, null);
            return Behaviors.receiveMessage(answer -> {
                if (answer != null) {
                    onAnswer.accept(answer);
                }
                return Behaviors.stopped();
            });
        });
    }
}
