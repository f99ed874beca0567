package io.nightjar.session;

import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import java.util.Iterator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a session wants done; the actor does it, a test records it. Called on the session's own thread, in order. */
public interface SessionEffects {
    /** Ends the connection that is attached now, before another takes its place or because the session says so. */
    void end(DisconnectReason reason);

    /** The connection that asked is attached; everything after this goes to it. */
    void attached(long attachment, boolean sessionPresent);

    /** As {@link #attached(long, boolean)}, with why the connection that had the session ended, or null if none had. */
    default void attached(long attachment, boolean sessionPresent, @Nullable DisconnectReason displaced) {
        attached(attachment, sessionPresent);
    }

    /** When the attached connection was last heard of, as it knows itself, or {@link Long#MIN_VALUE}. */
    default long lastHeardMillis() {
        return Long.MIN_VALUE;
    }

    /** Sends a packet on the attached connection. */
    void send(Packet packet);

    /** Whether the attached connection takes more PUBLISH packets now. */
    boolean isWritable();

    /**
     * Calls {@link SessionState#writable} for the attached connection when others of this event loop had their turn: more
     * waits, and enough was sent for once.
     */
    void goOnLater();

    /** Publishes a message of this session: QoS 2 after its first receipt, or its Will. 0 if no subscriber matches. */
    int route(Message message);

    /**
     * Gives a message of a shared subscription, which this session did not take, to another member [5.0/4.8.2].
     *
     * @return false if nobody is left
     */
    boolean handOn(Delivery delivery);

    /** Adds or replaces a subscription in the router. {@code identifier} is 0 if it has none. */
    void subscribe(String filter, SubscriptionOptions options, int identifier);

    void unsubscribe(String filter);

    /** Retained messages that match a valid unshared filter now; read lazily. */
    Iterator<Message> retained(String filter);

    /** Starts or restarts a timer. */
    void startTimer(Timer timer, long atMillis);

    void cancelTimer(Timer timer);

    /** The client said for the first time that it has a message of QoS 1 or 2, or refused it. */
    default void acknowledged() {}

    /** A message did not and will not reach the client. */
    void dropped(Drop why, Delivery delivery);

    /** A message waits in the queue now. What had to make room for it was told before as {@link #dropped}. */
    default void queued(Delivery delivery) {}

    /** What came of a subscription that was allowed: the QoS that was granted, or a limit that refused it. */
    default void subscribed(String filter, ReasonCode code) {}

    /** The client gave up a subscription that it had. */
    default void unsubscribed(String filter) {}

    /** There was Session State, and now it is gone or begins anew. */
    default void sessionEnded(SessionEnd why) {}

    /** The session is over and nobody is attached: the actor may go. */
    void stop();

    /** The timers of a session. */
    enum Timer {
        /** Session Expiry Interval. */
        EXPIRY,
        /** Will Delay Interval. */
        WILL_DELAY
    }

    /** Why a session ended. */
    enum SessionEnd {
        /** Its Session Expiry Interval ran out while nobody was attached. */
        EXPIRED,
        /** A client came with Clean Start 1. */
        DISCARDED,
        /** Somebody at the server wanted it. */
        KICKED,
        /** It had no Session Expiry Interval and its connection ended. */
        CLEAN;

        private final String word = name().toLowerCase(Locale.ROOT);

        public String word() {
            return word;
        }
    }

    /** Why a message was dropped. */
    enum Drop {
        QUEUE_FULL,
        EXPIRED,
        TOO_LARGE,
        NOT_WRITABLE,
        SESSION_ENDED;

        private final String word = name().toLowerCase(Locale.ROOT);

        public String word() {
            return word;
        }
    }
}
