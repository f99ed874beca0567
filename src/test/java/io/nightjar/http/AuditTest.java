package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class AuditTest {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage());
        }
    };
    private final Logger logger = (Logger) LoggerFactory.getLogger("io.nightjar.audit");
    private ApiServer api;

    @BeforeEach
    void start() throws Exception {
        api = new ApiServer();
        appender.start();
        logger.addAppender(appender);
    }

    @AfterEach
    void stop() throws Exception {
        logger.detachAppender(appender);
        api.close();
    }

    private void awaitLine(String text) {
        Awaitility.await().untilAsserted(() -> assertThat(lines).anyMatch(line -> line.contains(text)));
    }

    @Test
    void every_change_is_one_line_that_says_who_what_and_with_which_outcome() throws Exception {
        api.clients.add("a b");

        api.delete("/clients/a%20b?reason=say%20%22why%22");
        api.call("DELETE", "/clients/a%20b", api.viewer(), null);
        api.get("/clients");

        awaitLine("status=403");
        assertThat(lines)
                .containsExactly(
                        "event=audit actor=\"robot\" via=api_key from=127.0.0.1 method=DELETE"
                                + " path=\"/api/v5/clients/a%20b\" query=\"reason=say \\\"why\\\"\" status=204",
                        "event=audit actor=\"exporter\" via=api_key from=127.0.0.1 method=DELETE"
                                + " path=\"/api/v5/clients/a%20b\" query=\"\" status=403");
    }

    @Test
    void who_subscribed_for_a_client_or_read_its_payloads_stands_there_and_who_looked_without_them_does_not()
            throws Exception {
        api.clients.add("a b");

        api.get("/clients/a%20b/mqueue_messages?payload=none");
        api.post("/clients/a%20b/subscribe", "{\"topic\":\"secret/topic\"}");
        api.get("/clients/a%20b/inflight_messages");

        awaitLine("inflight_messages");
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).contains("method=POST path=\"/api/v5/clients/a%20b/subscribe\"", "status=200");
        assertThat(lines.get(1)).contains("actor=\"robot\"", "method=GET", "payload=base64");
    }

    @Test
    void who_made_a_trace_and_who_read_it_is_told_once_for_each_reading() throws Exception {
        api.post("/trace", "{\"name\":\"t\",\"type\":\"clientid\",\"clientid\":\"a b\",\"payload_encode\":\"hidden\"}");
        String position = api.call("GET", "/trace/t/log", api.viewer(), null)
                .json()
                .path("meta")
                .path("position")
                .asText();
        api.call("GET", "/trace/t/log?position=" + position, api.viewer(), null);
        api.call("GET", "/trace/t/download?format=text", api.viewer(), null);
        api.call("GET", "/trace/t/tail?node=n1", api.viewer(), null);
        api.call("GET", "/trace/no/tail", api.viewer(), null);
        api.delete("/trace/t");

        awaitLine("method=DELETE");
        String reader = "event=audit actor=\"exporter\" via=api_key from=127.0.0.1 method=GET path=\"/api/v5/trace/t/";
        assertThat(lines)
                .containsExactly(
                        "event=audit_trace actor=\"robot\" via=api_key trace=\"t\" type=clientid value=\"a b\"",
                        "event=audit actor=\"robot\" via=api_key from=127.0.0.1 method=POST path=\"/api/v5/trace\""
                                + " query=\"\" status=200",
                        reader + "log\" query=\"\" status=200",
                        reader + "download\" query=\"format=text\" status=200",
                        reader + "tail\" query=\"node=n1\" status=200",
                        "event=audit actor=\"robot\" via=api_key from=127.0.0.1 method=DELETE"
                                + " path=\"/api/v5/trace/t\" query=\"\" status=204");
    }

    @Test
    void no_secret_reaches_the_log() throws Exception {
        String bearer = api.login();
        api.call("POST", "/login", "", "{\"username\":\"my-secret-password\",\"password\":\"wrong-secret\"}");
        String made = api.call("POST", "/api_key", bearer, "{\"name\":\"k\"}")
                .json()
                .path("api_secret")
                .asText();
        api.call(
                "PUT",
                "/users/admin/change_pwd",
                bearer,
                "{\"old_pwd\":\"" + ApiServer.PASSWORD + "\",\"new_pwd\":\"brand-new-secret\"}");

        awaitLine("change_pwd");
        assertThat(String.join("\n", lines))
                .contains("event=login user=\"admin\"", "event=login_failed user=\"\"", "path=\"/api/v5/api_key\"")
                .doesNotContain("secret", ApiServer.PASSWORD, made, bearer.substring(7));
    }
}
