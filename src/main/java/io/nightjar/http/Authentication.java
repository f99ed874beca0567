package io.nightjar.http;

import io.nightjar.auth.Administrators;
import io.nightjar.auth.ApiKeys;
import io.nightjar.auth.Role;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Base64;
import java.util.Locale;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who calls: HTTP Basic with an API key and its secret, or a Bearer token of a login. Fast, on the HTTP
 * dispatcher: both are compared by SHA-256; the slow hash of passwords happens at the login only.
 */
final class Authentication {
    /** Header by which the dashboard and the command line say who they are; it names the kick's detail. */
    static final String CLIENT_HEADER = "X-Nightjar-Client";

    private final ApiKeys apiKeys;
    private final Tokens tokens;
    private final Clock clock;

    Authentication(ApiKeys apiKeys, Tokens tokens, Clock clock) {
        this.apiKeys = apiKeys;
        this.tokens = tokens;
        this.clock = clock;
    }

    /** The caller without any proof, for calls that need none. */
    Caller anybody(HttpRequest request) {
        return new Caller("", Caller.Via.NONE, Role.VIEWER, address(request), client(request));
    }

    /** Who calls. @throws ApiException 401 if the route needs a login and there is none */
    Caller identify(HttpRequest request, Route.Access access) {
        return access == Route.Access.OPEN ? anybody(request) : caller(request);
    }

    /** @throws ApiException 403 if the caller may not call the route */
    static void authorize(Caller caller, Route.Access access) {
        boolean userOnly = access == Route.Access.USER || access == Route.Access.ADMINISTRATOR_USER;
        if (userOnly && caller.via() == Caller.Via.API_KEY) {
            throw forbidden("an API key may not do this; log in as a user with POST /login");
        }
        boolean administratorOnly = access == Route.Access.ADMINISTRATOR || access == Route.Access.ADMINISTRATOR_USER;
        if (administratorOnly && caller.role() != Role.ADMINISTRATOR) {
            throw forbidden("this needs the role administrator; " + caller.via() + " " + Text.quote(caller.name())
                    + " is a " + caller.role());
        }
    }

    /** Bearer token of the request, or null. */
    static @Nullable String bearer(HttpRequest request) {
        return credentials(request, "bearer ");
    }

    private Caller caller(HttpRequest request) {
        String token = bearer(request);
        if (token != null) {
            Administrators.User user = tokens.find(token, clock.millis());
            if (user == null) {
                throw unauthorized("the token is unknown or expired; log in again with POST /login");
            }
            return new Caller(user.username(), Caller.Via.USER, user.role(), address(request), client(request));
        }
        String basic = credentials(request, "basic ");
        if (basic == null) {
            throw unauthorized("send an API key and its secret by HTTP Basic, or a token of POST /login as Bearer");
        }
        ApiKeys.ApiKey key = apiKey(basic);
        if (key == null) {
            throw unauthorized("the API key or its secret is wrong, disabled or expired");
        }
        return new Caller(key.name(), Caller.Via.API_KEY, key.role(), address(request), client(request));
    }

    private ApiKeys.@Nullable ApiKey apiKey(String basic) {
        try {
            String pair = new String(Base64.getDecoder().decode(basic), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0
                    ? null
                    : apiKeys.verify(pair.substring(0, colon), pair.substring(colon + 1), clock.millis());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable String credentials(HttpRequest request, String scheme) {
        String value = request.getHeader("Authorization").map(HttpHeader::value).orElse("");
        return value.toLowerCase(Locale.ROOT).startsWith(scheme)
                ? value.substring(scheme.length()).trim()
                : null;
    }

    private static String client(HttpRequest request) {
        return request.getHeader(CLIENT_HEADER).map(HttpHeader::value).orElse("");
    }

    private static String address(HttpRequest request) {
        return request.getAttribute(AttributeKeys.remoteAddress)
                .flatMap(remote -> remote.getAddress())
                .map(java.net.InetAddress::getHostAddress)
                .orElse("unknown");
    }

    private static ApiException unauthorized(String message) {
        return new ApiException(401, "BAD_API_KEY_OR_SECRET", message);
    }

    private static ApiException forbidden(String message) {
        return new ApiException(403, "UNAUTHORIZED_ROLE", message);
    }
}
