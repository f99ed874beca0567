package io.nightjar.actor;

import io.nightjar.message.EventLoops;
import org.apache.pekko.actor.setup.Setup;

/** Hands the event loops to {@link LoopDispatcher} when the actor system starts. */
public final class LoopsSetup extends Setup {
    private final EventLoops loops;

    public LoopsSetup(EventLoops loops) {
        this.loops = loops;
    }

    public EventLoops loops() {
        return loops;
    }
}
