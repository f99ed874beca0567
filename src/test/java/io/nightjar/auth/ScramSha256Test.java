package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.EnhancedAuthenticator.Client;
import io.nightjar.auth.EnhancedAuthenticator.Exchange;
import io.nightjar.auth.EnhancedAuthenticator.Step;
import io.nightjar.auth.EnhancedAuthenticator.Step.Continue;
import io.nightjar.auth.EnhancedAuthenticator.Step.Refused;
import io.nightjar.auth.EnhancedAuthenticator.Step.Success;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.testing.ScramClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScramSha256Test {
    // the example of RFC 7677, 3
    private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
    private static final String CLIENT_FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_FIRST =
            "r=rOprNGfwEbeRWgbNEkqO" + SERVER_NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private static final String CLIENT_FINAL =
            "c=biws,r=rOprNGfwEbeRWgbNEkqO" + SERVER_NONCE + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private static final String SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private static final byte[] SECRET = "a secret of thirty-two bytes ...".getBytes(StandardCharsets.UTF_8);

    private final ScramSha256 scram = new ScramSha256(ScramSha256Test::find, Runnable::run, () -> SERVER_NONCE);

    private static ScramSha256.Found find(String username) {
        return switch (username) {
            case "user", "a,b=c" -> new ScramSha256.Found(ScramVerifier.of("pencil", SALT, 4096), true);
            case "broken" -> throw new IllegalStateException("no disk");
            default -> new ScramSha256.Found(ScramVerifier.decoy(username, SECRET, 4096), false);
        };
    }

    @Test
    void the_example_of_the_rfc_gives_what_the_rfc_says() {
        Exchange exchange = start();

        assertThat(next(exchange, CLIENT_FIRST)).isEqualTo(new Continue(Bytes.utf8(SERVER_FIRST)));
        assertThat(next(exchange, CLIENT_FINAL)).isEqualTo(new Success(Bytes.utf8(SERVER_FINAL), "user"));
    }

    @Test
    void a_client_that_waits_to_be_asked_is_asked_once() {
        Exchange exchange = start();

        assertThat(next(exchange, null)).isEqualTo(new Continue(Bytes.EMPTY));
        assertThat(next(exchange, CLIENT_FIRST)).isEqualTo(new Continue(Bytes.utf8(SERVER_FIRST)));

        Exchange silent = start();
        next(silent, null);
        assertThat(next(silent, null)).isInstanceOf(Refused.class);
    }

    @Test
    void a_client_that_could_bind_the_channel_but_does_not_is_served() {
        ScramClient client = new ScramClient("y,,", "user", "pencil");
        Exchange exchange = start();

        String challenge = text(next(exchange, client.first()));

        assertThat(next(exchange, client.last(challenge))).isInstanceOf(Success.class);
    }

    @Test
    void a_name_with_a_comma_and_an_equals_sign_goes_through() {
        ScramClient client = new ScramClient("n,,", "a,b=c", "pencil");
        Exchange exchange = start();

        String challenge = text(next(exchange, client.first()));

        assertThat(next(exchange, client.last(challenge))).isInstanceOfSatisfying(Success.class, success -> {
            assertThat(success.username()).isEqualTo("a,b=c");
            assertThat(client.isServer(success.data().text())).isTrue();
        });
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "p=tls-unique,,n=user,r=abc | channel binding",
                "x,,n=user,r=abc | neither n nor y",
                "n,n=user | gs2 header",
                "n,a=other,n=user,r=abc | another user",
                "n,other,n=user,r=abc | another user",
                "n,,m=x,n=user,r=abc | extension",
                "n,,n=user | user name and nonce",
                "n,,r=abc,n=user | user name and nonce",
                "n,,n=us=er,r=abc | =3D",
                "n,,n=,r=abc | empty",
                "n,,n=us\u0007er,r=abc | SASLprep",
                "n,,n=user,r= | nonce",
                "n,,n=user,r=a\u00E9 | nonce",
                "hello | gs2 header"
            })
    void a_first_message_that_is_wrong_is_refused_with_the_cause(String message, String why) {
        Step step = next(start(), message);

        assertThat(step).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.detail()).isEqualTo(Detail.AUTHENTICATION_REFUSED);
            assertThat(refused.authenticator()).isEqualTo("SCRAM-SHA-256");
            assertThat(refused.why()).contains(why).doesNotContain("abc");
        });
    }

    @Test
    void bytes_that_are_no_text_are_refused() {
        Step step = start().next(Bytes.wrap(new byte[] {'n', ',', ',', (byte) 0xC0}))
                .toCompletableFuture()
                .join();

        assertThat(((Refused) step).why()).isEqualTo("the message is not UTF-8");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "c=biws,r=NONCE,p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ= | password is wrong",
                "c=biws,r=NONCE,p=dHzb | password is wrong",
                "c=biws,r=NONCE,p= | password is wrong",
                "c=eSws,r=NONCE,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ= | channel binding",
                "c=biws,r=NONCEx,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ= | nonce",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ= | nonce",
                "c=biws,r=NONCE,p=!!! | not base64",
                "c=biws,r=NONCE | no channel binding",
                "n,,n=user,r=abc | no channel binding"
            })
    void a_last_message_that_is_wrong_is_refused_with_the_cause(String message, String why) {
        Exchange exchange = start();
        next(exchange, CLIENT_FIRST);

        Step step = next(exchange, message.replace("NONCE", "rOprNGfwEbeRWgbNEkqO" + SERVER_NONCE));

        assertThat(step).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.why()).contains(why).doesNotContain("dHzb");
            assertThat(refused.username()).isEqualTo("user");
        });
    }

    @Test
    void a_user_that_does_not_exist_is_challenged_like_one_that_does_and_refused_at_the_end() {
        ScramClient client = new ScramClient("n,,", "nobody", "pencil");
        Exchange exchange = start();

        String challenge = text(next(exchange, client.first()));
        Step end = next(exchange, client.last(challenge));

        assertThat(challenge).matches("r=.+,s=[A-Za-z0-9+/]{22}==,i=4096");
        assertThat(end)
                .isEqualTo(new Refused(
                        Detail.AUTHENTICATION_REFUSED,
                        "SCRAM-SHA-256",
                        "there is no such user with a SCRAM verifier",
                        "nobody"));
    }

    @Test
    void a_user_that_does_not_exist_has_the_same_salt_each_time_and_another_than_the_next() {
        String once = text(next(start(), "n,,n=nobody,r=abc"));
        String again = text(next(start(), "n,,n=nobody,r=abc"));
        String other = text(next(start(), "n,,n=somebody,r=abc"));

        assertThat(again).isEqualTo(once);
        assertThat(other).isNotEqualTo(once);
    }

    @Test
    void every_login_has_a_nonce_of_its_own() {
        ScramSha256 real = new ScramSha256(ScramSha256Test::find, Runnable::run);

        String once = text(next(real.start(client()), CLIENT_FIRST));
        String again = text(next(real.start(client()), CLIENT_FIRST));

        assertThat(again).isNotEqualTo(once);
    }

    @Test
    void a_fault_in_the_lookup_and_a_full_queue_are_refusals() {
        ScramSha256 full = new ScramSha256(ScramSha256Test::find, task -> {
            throw new RejectedExecutionException();
        });

        assertThat(((Refused) next(start(), "n,,n=broken,r=abc")).why()).contains("see the log");
        assertThat(((Refused) next(full.start(client()), CLIENT_FIRST)).detail())
                .isEqualTo(Detail.SERVER_BUSY);
    }

    @Test
    void a_verifier_is_read_as_it_was_written() {
        String text = ScramVerifier.of("pencil", SALT, 4096).text();

        assertThat(text).startsWith("$scram-sha-256$i=4096$W22ZaJ0SNY7soEsUEjb6gQ$");
        ScramVerifier read = ScramVerifier.parse(text);
        assertThat(read).isNotNull();
        assertThat(read.text()).isEqualTo(text);
        assertThat(read.toString()).isEqualTo("ScramVerifier[i=4096]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "$scram-sha-256$i=4095$W22ZaJ0SNY7soEsUEjb6gQ$A$B",
                "$scram-sha-256$i=4096$W22ZaJ0SNY7soEsUEjb6gQ$AAAA$AAAA",
                "$scram-sha-256$4096$W22ZaJ0SNY7soEsUEjb6gQ$AAAA$AAAA",
                "$scram-sha-256$i=4096$W22ZaJ0SNY7soEsUEjb6gQ$AAAA",
                "$pbkdf2-sha512$i=4096$W22ZaJ0SNY7soEsUEjb6gQ$AAAA$AAAA"
            })
    void what_is_no_verifier_is_not_read(String text) {
        assertThat(ScramVerifier.parse(text)).isNull();
    }

    @Test
    void a_password_that_saslprep_refuses_makes_no_verifier() {
        assertThat(ScramVerifier.of("a\u0007".toCharArray(), 4096)).isNull();
    }

    private Exchange start() {
        return scram.start(client());
    }

    private static Client client() {
        return new Client("c1", "127.0.0.1", "tcp:default");
    }

    private static Step next(Exchange exchange, @Nullable String data) {
        return exchange.next(data == null ? null : Bytes.utf8(data))
                .toCompletableFuture()
                .join();
    }

    private static String text(Step step) {
        return ((Continue) step).data().text();
    }
}
