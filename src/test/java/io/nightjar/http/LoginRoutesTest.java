package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.Role;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LoginRoutesTest {
    private ApiServer api;

    @BeforeEach
    void start() throws Exception {
        api = new ApiServer();
    }

    @AfterEach
    void stop() throws Exception {
        api.close();
    }

    @Test
    void a_login_answers_a_token_that_opens_the_api_until_it_expires() throws Exception {
        ApiServer.Reply reply =
                api.call("POST", "/login", "", "{\"username\":\"admin\",\"password\":\"" + ApiServer.PASSWORD + "\"}");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.json().path("role").asText()).isEqualTo("administrator");
        assertThat(reply.json().path("license").path("edition").asText()).isEqualTo("opensource");
        String bearer = "Bearer " + reply.json().path("token").asText();
        assertThat(api.call("GET", "/clients", bearer, null).status()).isEqualTo(200);
        api.clock.move(Duration.ofMinutes(59));
        assertThat(api.call("GET", "/clients", bearer, null).status()).isEqualTo(200);
        api.clock.move(Duration.ofMinutes(1));
        assertThat(api.call("GET", "/clients", bearer, null).status()).isEqualTo(401);
    }

    @Test
    void a_logout_ends_the_token() throws Exception {
        String bearer = api.login();

        assertThat(api.call("POST", "/logout", bearer, null).status()).isEqualTo(204);

        ApiServer.Reply after = api.call("GET", "/nodes", bearer, null);
        assertThat(after.status()).isEqualTo(401);
        assertThat(after.code()).isEqualTo("BAD_API_KEY_OR_SECRET");
        assertThat(after.message()).contains("POST /login");
    }

    @Test
    void wrong_passwords_are_refused_and_after_ten_a_minute_slowed_even_if_then_right() throws Exception {
        String wrong = "{\"username\":\"admin\",\"password\":\"wrong password\"}";

        for (int i = 0; i < 10; i++) {
            assertThat(api.call("POST", "/login", "", wrong).status()).isEqualTo(401);
        }
        ApiServer.Reply slowed =
                api.call("POST", "/login", "", "{\"username\":\"admin\",\"password\":\"" + ApiServer.PASSWORD + "\"}");

        assertThat(slowed.status()).isEqualTo(429);
        assertThat(slowed.header("Retry-After")).isEqualTo("60");
        assertThat(api.get("/metrics").json().path(0).path("login_failures").asLong())
                .isEqualTo(11);
        api.clock.move(Duration.ofSeconds(60));
        assertThat(api.login()).hasSizeGreaterThan(40);
    }

    @Test
    void right_passwords_are_not_counted() throws Exception {
        for (int i = 0; i < 12; i++) {
            assertThat(api.login()).hasSizeGreaterThan(40);
        }
    }

    @Test
    void an_unknown_user_is_refused_like_a_wrong_password() throws Exception {
        ApiServer.Reply unknown = api.call("POST", "/login", "", "{\"username\":\"nobody\",\"password\":\"xxxxxxxx\"}");
        ApiServer.Reply wrong = api.call("POST", "/login", "", "{\"username\":\"admin\",\"password\":\"xxxxxxxx\"}");

        assertThat(unknown.status()).isEqualTo(401);
        assertThat(unknown.text()).isEqualTo(wrong.text());
    }

    @Test
    void a_body_that_is_wrong_is_told_what_to_change() throws Exception {
        assertThat(api.call("POST", "/login", "", "{\"user\":\"admin\"}").message())
                .contains("unknown field \"user\"")
                .contains("username, password");
        assertThat(api.call("POST", "/login", "", "{\"username\":\"admin\"}").message())
                .contains("field password is missing");
        assertThat(api.call("POST", "/login", "", "{\"username\":").message()).contains("no JSON");
        assertThat(api.call("POST", "/login", "", "").message()).contains("body is empty");
        assertThat(api.call("POST", "/login", "", "[]").message()).contains("JSON object");
        assertThat(api.call("POST", "/login", "", "{\"username\":\"a\",\"username\":\"b\"}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void a_changed_password_ends_all_logins_of_the_user() throws Exception {
        String bearer = api.login();
        String change = "{\"old_pwd\":\"" + ApiServer.PASSWORD + "\",\"new_pwd\":\"another good one\"}";

        assertThat(api.call("PUT", "/users/admin/change_pwd", bearer, "{\"old_pwd\":\"no\",\"new_pwd\":\"longenough\"}")
                        .message())
                .contains("old_pwd");
        assertThat(api.call("PUT", "/users/admin/change_pwd", bearer, "{\"old_pwd\":\"no\",\"new_pwd\":\"short\"}")
                        .message())
                .contains("at least 8");
        assertThat(api.call("PUT", "/users/admin/change_pwd", api.administrator(), change)
                        .status())
                .isEqualTo(403);
        assertThat(api.call("PUT", "/users/admin/change_pwd", bearer, change).status())
                .isEqualTo(204);

        assertThat(api.call("GET", "/nodes", bearer, null).status()).isEqualTo(401);
        assertThat(api.call("POST", "/login", "", "{\"username\":\"admin\",\"password\":\"another good one\"}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void an_api_key_opens_the_api_as_far_as_its_role_goes() throws Exception {
        api.clients.add("a");

        assertThat(api.call("GET", "/clients", api.viewer(), null).status()).isEqualTo(200);
        ApiServer.Reply refused = api.call("DELETE", "/clients/a", api.viewer(), null);
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.code()).isEqualTo("UNAUTHORIZED_ROLE");
        assertThat(api.clients.kicks).isEmpty();
        assertThat(api.call("DELETE", "/clients/a", api.administrator(), null).status())
                .isEqualTo(204);
    }

    @Test
    void nobody_gets_in_without_or_with_wrong_credentials() throws Exception {
        String[] wrong = {
            "",
            "Basic",
            "Basic %%%",
            "Basic bm9jb2xvbg==",
            ApiServer.basic("robot", "x"),
            "Bearer ",
            "Bearer x",
            "Digest y"
        };
        for (String authorization : wrong) {
            ApiServer.Reply reply = api.call("GET", "/clients", authorization, null);
            assertThat(reply.status()).as(authorization).isEqualTo(401);
            assertThat(reply.code()).isEqualTo("BAD_API_KEY_OR_SECRET");
            assertThat(reply.header("WWW-Authenticate")).startsWith("Basic ");
        }
        ApiServer.Reply dashboard = api.call("GET", "/clients", "", null, "X-Nightjar-Client", "dashboard");
        assertThat(dashboard.status()).isEqualTo(401);
        assertThat(dashboard.header("WWW-Authenticate")).isEmpty();
    }

    @Test
    void api_keys_are_made_shown_without_secret_and_deleted() throws Exception {
        String bearer = api.login();
        ApiServer.Reply made = api.call(
                "POST",
                "/api_key",
                bearer,
                "{\"name\":\"backup\",\"expired_at\":\"2026-11-24T00:00:00+02:00\",\"enable\":true,\"role\":\"viewer\"}");

        assertThat(made.status()).isEqualTo(200);
        String secret = made.json().path("api_secret").asText();
        String basic = ApiServer.basic(made.json().path("api_key").asText(), secret);
        assertThat(secret).hasSize(43);
        assertThat(made.json().path("expired_at").asText()).isEqualTo("2026-11-24T00:00:00.000+02:00");
        assertThat(api.call("GET", "/nodes", basic, null).status()).isEqualTo(200);
        ApiServer.Reply list = api.call("GET", "/api_key", bearer, null);
        assertThat(list.json()).hasSize(3);
        assertThat(list.text()).doesNotContain(secret).doesNotContain("secret");
        assertThat(api.call("POST", "/api_key", bearer, "{\"name\":\"backup\"}").status())
                .isEqualTo(409);
        api.clock.move(Duration.ofHours(12));
        assertThat(api.call("GET", "/nodes", basic, null).status()).isEqualTo(401);
        String again = api.login();
        assertThat(api.call("DELETE", "/api_key/backup", again, null).status()).isEqualTo(204);
        assertThat(api.call("DELETE", "/api_key/backup", again, null).status()).isEqualTo(404);
        assertThat(api.call("GET", "/api_key/backup", again, null).status()).isEqualTo(404);
    }

    @Test
    void an_api_key_makes_no_keys() throws Exception {
        ApiServer.Reply reply = api.post("/api_key", "{\"name\":\"more\"}");

        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.message()).contains("POST /login");
        assertThat(api.get("/api_key").status()).isEqualTo(403);
    }

    @Test
    void a_disabled_key_is_refused() throws Exception {
        var created = api.apiKeys.create("off", Role.ADMINISTRATOR, "", api.clock.millis(), null, false);

        String basic = ApiServer.basic(created.apiKey().key(), created.secret());

        assertThat(api.call("GET", "/nodes", basic, null).status()).isEqualTo(401);
    }
}
