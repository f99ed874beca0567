package io.nightjar.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SCRAM-SHA-256 without channel binding [RFC 5802, RFC 7677]: the client shows that it knows the password without
 * sending it, and we show that we knew it before.
 *
 * <pre>
 * waits for the first message | no data       | the same         | Continue without data, once
 * waits for the first message | client-first  | waits for proof  | Continue(server-first)
 * waits for proof             | client-final  | over             | Success(server-final) or Refused
 * </pre>
 *
 * <p>A user that does not exist gets a salt as a known one would, always the same, and is refused at the proof, so that
 * nobody learns who exists.
 */
final class ScramSha256 implements EnhancedAuthenticator {
    static final String METHOD = "SCRAM-SHA-256";
    private static final Logger log = LoggerFactory.getLogger(ScramSha256.class);
    private static final int NONCE_BYTES = 18;

    private final Function<String, Found> users;
    private final Executor lookups;
    private final Supplier<String> nonces;

    /** @param known whether there is such a user with a verifier; if not the verifier is a decoy */
    record Found(ScramVerifier verifier, boolean known) {}

    /**
     * @param users finds a user by name; may read a file
     * @param lookups runs {@code users}, with a bound on how many wait
     */
    ScramSha256(Function<String, Found> users, Executor lookups) {
        this(users, lookups, () -> Secrets.random(NONCE_BYTES));
    }

    /** With nonces that a test knows. */
    ScramSha256(Function<String, Found> users, Executor lookups, Supplier<String> nonces) {
        this.users = users;
        this.lookups = lookups;
        this.nonces = nonces;
    }

    @Override
    public String method() {
        return METHOD;
    }

    @Override
    public Exchange start(Client client) {
        return new Conversation();
    }

    /** Asked for one step at a time, each after the one before was answered. */
    private final class Conversation implements Exchange {
        private boolean asked;
        private ScramMessages.@Nullable ClientFirst first;
        private @Nullable Found found;
        private String serverFirst = "";
        private String nonce = "";

        @Override
        public CompletionStage<Step> next(@Nullable Bytes data) {
            ScramMessages.ClientFirst opening = first;
            Found user = found;
            try {
                if (opening != null && user != null) {
                    return CompletableFuture.completedStage(prove(opening, user, data == null ? Bytes.EMPTY : data));
                } else if (data == null && !asked) {
                    asked = true; // it waits to be asked, as some SASL clients do
                    return CompletableFuture.completedStage(new Step.Continue(Bytes.EMPTY));
                }
                return challenge(ScramMessages.first(data == null ? Bytes.EMPTY : data));
            } catch (ScramMessages.Malformed e) {
                return CompletableFuture.completedStage(refused(e.problem()));
            }
        }

        private CompletionStage<Step> challenge(ScramMessages.ClientFirst opening) {
            first = opening;
            nonce = opening.nonce() + nonces.get();
            CompletableFuture<Step> answer = new CompletableFuture<>();
            try {
                lookups.execute(() -> answer.complete(look(opening)));
            } catch (RejectedExecutionException full) {
                answer.complete(new Step.Refused(
                        Detail.SERVER_BUSY,
                        METHOD,
                        "nightjar.authentication.max-exchanges logins are under way",
                        opening.username()));
            }
            return answer;
        }

        private Step look(ScramMessages.ClientFirst opening) {
            try {
                Found user = users.apply(opening.username());
                found = user;
                serverFirst = "r=" + nonce + ",s=" + user.verifier.salt() + ",i=" + user.verifier.iterations();
                return new Step.Continue(Bytes.utf8(serverFirst));
            } catch (RuntimeException e) {
                log.error("event=authentication_failed authenticator=" + METHOD, e);
                return refused("the check failed: see the log");
            }
        }

        private Step prove(ScramMessages.ClientFirst opening, Found user, Bytes data) throws ScramMessages.Malformed {
            ScramMessages.ClientFinal last = ScramMessages.last(data);
            String binding =
                    Base64.getEncoder().encodeToString(opening.gs2Header().getBytes(UTF_8));
            if (!last.channelBinding().equals(binding)) {
                return refused("the channel binding is not the one of the first message");
            } else if (!last.nonce().equals(nonce)) {
                return refused("the nonce is not the one of this login");
            }
            String authMessage = opening.bare() + "," + serverFirst + "," + last.withoutProof();
            boolean proven = user.verifier.proves(authMessage, last.proof());
            if (!user.known) {
                return refused("there is no such user with a SCRAM verifier");
            } else if (!proven) {
                return refused("the password is wrong");
            }
            return new Step.Success(Bytes.utf8("v=" + user.verifier.serverSignature(authMessage)), opening.username());
        }

        private Step refused(String why) {
            return new Step.Refused(
                    Detail.AUTHENTICATION_REFUSED, METHOD, why, first == null ? null : first.username());
        }
    }
}
