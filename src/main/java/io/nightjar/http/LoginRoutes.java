package io.nightjar.http;

import static java.util.concurrent.CompletableFuture.supplyAsync;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.auth.Administrators;
import io.nightjar.auth.Role;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Login, logout and passwords of the people who administer the broker. */
final class LoginRoutes {
    /** Password hashes that may wait or run at once, each a tenth of a second of one core; more is 503. */
    private static final int MAX_HASHING = 16;

    private static final int USERNAME_MAX = 256;

    private final Administrators administrators;
    private final Tokens tokens;
    private final LoginLimit limit;
    private final Executor blocking;
    private final Clock clock;
    private final Counters counters;
    private final AtomicInteger hashing = new AtomicInteger();

    LoginRoutes(Ports ports, Tokens tokens, LoginLimit limit, Executor blocking) {
        this.administrators = ports.administrators();
        this.clock = ports.clock();
        this.counters = ports.counters();
        this.tokens = tokens;
        this.limit = limit;
        this.blocking = blocking;
    }

    List<Route> routes() {
        String password = "/users/{username}/change_pwd";
        return List.of(
                Route.post("/login", this::login).access(Route.Access.OPEN),
                Route.post("/logout", this::logout).access(Route.Access.USER).withoutBody(),
                Route.put(password, this::changePassword).access(Route.Access.USER),
                Route.post(password, this::changePassword).access(Route.Access.USER));
    }

    private CompletionStage<HttpResponse> login(Call call) {
        return call.body().thenCompose(json -> {
            Body body = Body.of(json, "username", "password");
            String username = body.text("username", USERNAME_MAX);
            String password = body.text("password", Administrators.PASSWORD_MAX);
            String address = call.caller().address();
            startHashing(username, address);
            return supplyAsync(() -> administrators.verify(username, password.toCharArray()), blocking)
                    .whenComplete((user, failure) -> hashing.decrementAndGet())
                    .thenApply(user -> {
                        if (user == null) {
                            throw failed(username, address, "username or password is wrong");
                        }
                        limit.giveBack(address);
                        return loggedIn(call, user);
                    });
        });
    }

    private HttpResponse loggedIn(Call call, Administrators.User user) {
        ObjectNode answer = Json.object()
                .put("token", tokens.create(user, clock.millis()))
                .put("version", Version.VERSION)
                .put("role", user.role().word());
        answer.putObject("license").put("edition", "opensource");
        Audit.loggedIn(user.username(), call.caller().address());
        return Replies.ok(answer);
    }

    private CompletionStage<HttpResponse> logout(Call call) {
        String token = Authentication.bearer(call.request());
        if (token != null) {
            tokens.remove(token);
        }
        return Replies.now(Replies.noContent());
    }

    private CompletionStage<HttpResponse> changePassword(Call call) {
        String username = call.path(0);
        boolean own = call.caller().name().equals(username);
        if (!own && call.caller().role() != Role.ADMINISTRATOR) {
            throw new ApiException(403, "UNAUTHORIZED_ROLE", "a viewer may change their own password only");
        }
        return call.body().thenCompose(json -> changePassword(call, username, json));
    }

    private CompletionStage<HttpResponse> changePassword(Call call, String username, JsonNode json) {
        Body body = Body.of(json, "old_pwd", "new_pwd");
        String oldPassword = body.text("old_pwd", Administrators.PASSWORD_MAX);
        String newPassword = body.text("new_pwd", Administrators.PASSWORD_MAX);
        if (newPassword.length() < Administrators.PASSWORD_MIN) {
            throw ApiException.badRequest("field new_pwd is too short; a password has at least "
                    + Administrators.PASSWORD_MIN + " characters");
        }
        String address = call.caller().address();
        startHashing(username, address);
        return supplyAsync(
                        () -> administrators.changePassword(
                                username, oldPassword.toCharArray(), newPassword.toCharArray()),
                        blocking)
                .whenComplete((change, failure) -> hashing.decrementAndGet())
                .thenApply(change -> {
                    switch (change) {
                        case NO_SUCH_USER -> throw ApiException.notFound("there is no user " + Text.quote(username));
                        case WRONG_PASSWORD -> {
                            counters.increment(Counter.LOGIN_FAILURES);
                            throw ApiException.badRequest("field old_pwd is not the password of this user");
                        }
                        case DONE -> {
                            limit.giveBack(address);
                            tokens.removeAll(username);
                        }
                    }
                    return Replies.noContent();
                });
    }

    private void startHashing(String username, String address) {
        int wait = limit.take(address, clock.millis());
        if (wait > 0) {
            counters.increment(Counter.LOGIN_FAILURES);
            Audit.loginFailed(known(username), address, 429);
            throw ApiException.tooMany(
                    "too many wrong passwords from " + address + "; try again in " + wait + " seconds", wait);
        }
        if (hashing.incrementAndGet() > MAX_HASHING) {
            hashing.decrementAndGet();
            limit.giveBack(address);
            throw ApiException.busy("too many logins at once; try again in a second");
        }
    }

    private ApiException failed(String username, String address, String message) {
        counters.increment(Counter.LOGIN_FAILURES);
        Audit.loginFailed(known(username), address, 401);
        return new ApiException(401, "BAD_API_KEY_OR_SECRET", message);
    }

    /** The name if there is such a user: what was typed otherwise may have been a password. */
    private String known(String username) {
        return administrators.exists(username) ? username : "";
    }
}
