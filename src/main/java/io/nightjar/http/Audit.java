package io.nightjar.http;

import io.nightjar.trace.TraceDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log: one line for every call that changes something or tried to, and for everyone who reads a trace, on the logger {@code io.nightjar.audit}.
 * Paths and the query's known parameters are in it, bodies never are: they may hold passwords.
 */
final class Audit {
    private static final Logger LOG = LoggerFactory.getLogger("io.nightjar.audit");

    private Audit() {}

    /** @param query what the route took from the query, or empty */
    static void call(Caller caller, String method, String path, String query, int status) {
        LOG.info(
                "event=audit actor={} via={} from={} method={} path={} query={} status={}",
                Text.quote(caller.name()),
                caller.via(),
                caller.address(),
                method,
                Text.quote(path),
                Text.quote(query),
                status);
    }

    /** The query of a call as it stands in its line. */
    static String query(Map<String, List<String>> query) {
        List<String> parts = new ArrayList<>();
        query.forEach((name, values) -> values.forEach(value -> parts.add(name + "=" + value)));
        return String.join("&", parts);
    }

    /** A trace was made: its name and what it selects stand in the body, which the line of the call does not show. */
    static void traceCreated(Caller caller, TraceDefinition trace) {
        LOG.info(
                "event=audit_trace actor={} via={} trace={} type={} value={}",
                Text.quote(caller.name()),
                caller.via(),
                Text.quote(trace.name()),
                trace.type(),
                Text.quote(trace.value()));
    }

    static void loggedIn(String username, String address) {
        LOG.info("event=login user={} from={}", Text.quote(username), address);
    }

    /** @param username empty if there is no such user: what was typed there may have been a password */
    static void loginFailed(String username, String address, int status) {
        LOG.warn("event=login_failed user={} from={} status={}", Text.quote(username), address, status);
    }

    /** A longer job that a call started has ended. */
    static void jobEnded(Caller caller, String job, long done, String outcome) {
        LOG.info(
                "event=audit_job actor={} via={} job={} done={} outcome={}",
                Text.quote(caller.name()),
                caller.via(),
                job,
                done,
                Text.quote(outcome));
    }
}
