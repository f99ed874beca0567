package io.nightjar.auth;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Decides whether a client may connect. May be slow: what takes time is done on threads of its own. */
public interface Authenticator {
    /** Its name, as evidence of a refusal: {@code password_file}. */
    String name();

    /**
     * Asks for one client, on its event loop: must not wait there. The stage never fails: a fault inside is a refusal that
     * says so. The caller cancels it when nobody needs the answer any more.
     */
    CompletionStage<Answer> authenticate(Credentials credentials);

    /**
     * @param peerAddress IP address without port
     * @param password never printed
     */
    record Credentials(
            String clientId,
            @Nullable String username,
            @Nullable Bytes password,
            String peerAddress,
            String listener) {}

    /** What it says. */
    sealed interface Answer {
        /** The client is who it says. */
        record Accepted() implements Answer {}

        /**
         * @param detail {@link Detail#BAD_USERNAME_OR_PASSWORD}, {@link Detail#AUTHENTICATION_REFUSED}, or
         *     {@link Detail#SERVER_BUSY} if too many checks are under way
         * @param why in words, for evidence; without secrets
         */
        record Refused(Detail detail, String authenticator, String why) implements Answer {}
    }
}
