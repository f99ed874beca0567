package io.nightjar.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * One call of the API: a row of the table that {@link Api} looks requests up in.
 *
 * @param template path below the base; a segment in braces is variable: {@code /clients/{clientid}}
 * @param parameters names the query may have
 * @param repeatable those of them that may stand more than once
 */
record Route(
        String method,
        String template,
        Access access,
        List<String> parameters,
        List<String> repeatable,
        boolean takesBody,
        Handler handler) {
    /** Who may call. */
    enum Access {
        /** Anybody, without login. */
        OPEN,
        /** Everybody who is logged in or has an API key. */
        VIEWER,
        ADMINISTRATOR,
        /** Every user, but no API key: a key must not make keys or change passwords. */
        USER,
        /** An administrator who logged in, but no API key. */
        ADMINISTRATOR_USER
    }

    /** Answers a call. May throw {@link ApiException}, or fail the stage with it. */
    @FunctionalInterface
    interface Handler {
        CompletionStage<HttpResponse> handle(Call call);
    }

    static Route get(String template, Handler handler, String... parameters) {
        return new Route("GET", template, Access.VIEWER, List.of(parameters), List.of(), false, handler);
    }

    static Route delete(String template, Handler handler, String... parameters) {
        return new Route("DELETE", template, Access.ADMINISTRATOR, List.of(parameters), List.of(), false, handler);
    }

    static Route put(String template, Handler handler) {
        return new Route("PUT", template, Access.ADMINISTRATOR, List.of(), List.of(), true, handler);
    }

    static Route post(String template, Handler handler, String... parameters) {
        return new Route("POST", template, Access.ADMINISTRATOR, List.of(parameters), List.of(), true, handler);
    }

    Route access(Access other) {
        return new Route(method, template, other, parameters, repeatable, takesBody, handler);
    }

    Route repeatable(List<String> names) {
        return new Route(method, template, access, parameters, names, takesBody, handler);
    }

    Route withoutBody() {
        return new Route(method, template, access, parameters, repeatable, false, handler);
    }

    /** Values of the variable segments if the path is this route's, else null. */
    @Nullable
    List<String> match(List<String> segments) {
        List<String> parts = List.of(template.substring(1).split("/", -1));
        if (parts.size() != segments.size()) {
            return null;
        }
        List<String> values = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).startsWith("{")) {
                values.add(segments.get(i));
            } else if (!parts.get(i).equals(segments.get(i))) {
                return null;
            }
        }
        return values;
    }
}
