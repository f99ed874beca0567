package io.nightjar.actor;

import io.nightjar.message.SessionCommand;
import io.nightjar.message.SessionLink;
import io.nightjar.message.TimerWheel;
import io.nightjar.session.SessionEffects.Timer;

/**
 * The timers of one session in its loop's wheel; made only when a session waits for something. They fire as messages,
 * and one that was cancelled or started again meanwhile is recognised by its generation.
 */
final class SessionTimers {
    private final Deadline expiry;
    private final Deadline willDelay;

    SessionTimers(TimerWheel wheel, SessionLink session) {
        this.expiry = new Deadline(Timer.EXPIRY, wheel, session);
        this.willDelay = new Deadline(Timer.WILL_DELAY, wheel, session);
    }

    void start(Timer timer, long atMillis) {
        Deadline deadline = of(timer);
        deadline.generation++;
        deadline.wheel.set(deadline, atMillis);
    }

    void cancel(Timer timer) {
        Deadline deadline = of(timer);
        deadline.generation++;
        deadline.wheel.remove(deadline);
    }

    void cancelAll() {
        cancel(Timer.EXPIRY);
        cancel(Timer.WILL_DELAY);
    }

    boolean isCurrent(SessionCommand.TimerFired fired) {
        return of(Timer.valueOf(fired.timer())).generation == fired.generation();
    }

    private Deadline of(Timer timer) {
        return timer == Timer.EXPIRY ? expiry : willDelay;
    }

    private static final class Deadline extends TimerWheel.Entry {
        private final Timer timer;
        private final TimerWheel wheel;
        private final SessionLink session;
        private long generation;

        Deadline(Timer timer, TimerWheel wheel, SessionLink session) {
            this.timer = timer;
            this.wheel = wheel;
            this.session = session;
        }

        @Override
        protected void onDeadline(long nowMillis) {
            session.tell(new SessionCommand.TimerFired(timer.name(), generation));
        }
    }
}
