package io.nightjar.auth;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One method of enhanced authentication [5.0/4.12]: a conversation in AUTH packets of as many steps as the method wants.
 * Thread-safe; {@link #start} and {@link Exchange#next} are called on the client's event loop and must not wait there.
 */
public interface EnhancedAuthenticator {
    /** The Authentication Method that clients name, as {@code SCRAM-SHA-256}; compared byte by byte. */
    String method();

    /** A new conversation: for a CONNECT, or each time a connected client authenticates again. */
    Exchange start(Client client);

    /**
     * Who talks, as far as the transport knows.
     *
     * @param peerAddress IP address without port
     */
    record Client(String clientId, String peerAddress, String listener) {}

    /** One conversation. Asked for one step at a time; given up without a word when the client leaves. */
    interface Exchange {
        /**
         * The next step. The stage never fails: a fault inside is a refusal that says so.
         *
         * @param data what the client sent with CONNECT or AUTH, null if it sent none; never printed
         */
        CompletionStage<Step> next(@Nullable Bytes data);
    }

    /** What comes of the client's data. */
    sealed interface Step {
        /** @param data for the client's next step; empty: it goes without */
        record Continue(Bytes data) implements Step {}

        /**
         * The client is who it says.
         *
         * @param data for the client, which may check us by it; empty: none
         * @param username whose rights it has
         */
        record Success(Bytes data, String username) implements Step {}

        /**
         * @param detail {@link Detail#AUTHENTICATION_REFUSED}, or {@link Detail#SERVER_BUSY} if too many wait
         * @param why in words, for evidence; without secrets
         * @param username who it says it is, for evidence; null if it did not come to that
         */
        record Refused(Detail detail, String authenticator, String why, @Nullable String username) implements Step {}
    }
}
