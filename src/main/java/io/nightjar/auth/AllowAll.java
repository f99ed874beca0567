package io.nightjar.auth;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Authentication is off: everyone may connect. The settings keep such a broker on loopback. */
public final class AllowAll implements Authenticator {
    private static final CompletionStage<Answer> ACCEPTED = CompletableFuture.completedStage(new Answer.Accepted());

    @Override
    public String name() {
        return "none";
    }

    @Override
    public CompletionStage<Answer> authenticate(Credentials credentials) {
        return ACCEPTED;
    }
}
