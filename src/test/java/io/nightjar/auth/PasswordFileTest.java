package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.nightjar.auth.Authenticator.Answer;
import io.nightjar.auth.Authenticator.Answer.Accepted;
import io.nightjar.auth.Authenticator.Answer.Refused;
import io.nightjar.auth.Authenticator.Credentials;
import io.nightjar.auth.EnhancedAuthenticator.Exchange;
import io.nightjar.auth.EnhancedAuthenticator.Step;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.testing.ScramClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class PasswordFileTest {
    @TempDir
    Path dir;

    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(WatchedUsers.class);
    private @Nullable PasswordFile open;

    @BeforeEach
    void listen() {
        logged.start();
        logger.addAppender(logged);
    }

    @AfterEach
    void close() {
        logger.detachAppender(logged);
        if (open != null) {
            open.close();
        }
    }

    @Test
    void a_user_of_the_file_is_accepted_with_the_right_password_only() throws IOException {
        PasswordFile users = open(4, "# our users", "", "alice:" + hash("secret"), " bob:" + hash("geheim"));

        assertThat(ask(users, "alice", "secret")).isEqualTo(new Accepted());
        assertThat(ask(users, "bob", "geheim")).isEqualTo(new Accepted());
        assertThat(ask(users, "alice", "geheim"))
                .isEqualTo(new Refused(Detail.BAD_USERNAME_OR_PASSWORD, "password_file", "the password is wrong"));
        assertThat(ask(users, "carol", "secret"))
                .isEqualTo(new Refused(Detail.BAD_USERNAME_OR_PASSWORD, "password_file", "there is no such user"));
        assertThat(ask(users, "carol", "nobody")).isInstanceOf(Refused.class);
    }

    @Test
    void a_client_without_user_name_or_password_is_told_so() throws IOException {
        PasswordFile users = open(4, "alice:" + hash("secret"));

        assertThat(((Refused) ask(users, null, "secret")).why()).contains("no user name");
        assertThat(((Refused) ask(users, "alice", null)).why()).contains("no password");
        assertThat(((Refused) ask(users, "alice", null)).detail()).isEqualTo(Detail.BAD_USERNAME_OR_PASSWORD);
    }

    @Test
    void a_changed_file_is_read_again_and_a_remembered_password_is_void() throws IOException {
        PasswordFile users = open(4, "alice:" + hash("old"));
        assertThat(ask(users, "alice", "old")).isEqualTo(new Accepted());
        assertThat(ask(users, "alice", "old")).isEqualTo(new Accepted());

        write("alice:" + hash("new") + "\n# longer");

        assertThat(ask(users, "alice", "old")).isInstanceOf(Refused.class);
        assertThat(ask(users, "alice", "new")).isEqualTo(new Accepted());
    }

    @Test
    void a_file_that_vanishes_leaves_the_users_as_they_were() throws IOException {
        PasswordFile users = open(4, "alice:" + hash("secret"));

        Files.delete(dir.resolve("passwords"));

        assertThat(ask(users, "alice", "secret")).isEqualTo(new Accepted());
        assertThat(ask(users, "alice", "secret")).isEqualTo(new Accepted());
        assertThat(messages("password_file_unreadable")).hasSize(1);
    }

    @Test
    void a_file_that_is_not_there_at_start_is_an_error() {
        assertThatThrownBy(() -> new PasswordFile(dir.resolve("none"), 4, 1, 0)).isInstanceOf(IOException.class);
    }

    @Test
    void bad_lines_are_logged_once_with_their_number_and_without_their_text() throws IOException {
        PasswordFile users = open(4, "alice:" + hash("secret"), "bob:plain", "carol", ":x");

        assertThat(ask(users, "alice", "secret")).isEqualTo(new Accepted());
        assertThat(ask(users, "bob", "plain")).isInstanceOf(Refused.class);
        assertThat(messages("password_file_bad_line"))
                .hasSize(3)
                .anySatisfy(line -> assertThat(line).contains("line=2"))
                .anySatisfy(line -> assertThat(line).contains("line=3"))
                .anySatisfy(line -> assertThat(line).contains("line=4"))
                .noneSatisfy(line -> assertThat(line).contains("plain"));
    }

    @Test
    void more_checks_than_the_limit_are_refused_as_busy() throws IOException {
        PasswordFile users = open(2, "alice:" + PasswordHash.hash("secret".toCharArray(), 200_000));

        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add(users.authenticate(credentials("alice", "wrong" + i)).toCompletableFuture());
        }

        List<Detail> details = answers.stream()
                .map(answer -> ((Refused) answer.orTimeout(60, TimeUnit.SECONDS).join()).detail())
                .toList();
        assertThat(details).contains(Detail.BAD_USERNAME_OR_PASSWORD, Detail.SERVER_BUSY);
        assertThat(details).filteredOn(Detail.SERVER_BUSY::equals).hasSizeGreaterThanOrEqualTo(1);
    }

    @Test
    void wrong_passwords_from_one_address_wait_behind_themselves() throws IOException {
        PasswordFile users = open(8, "alice:" + PasswordHash.hash("secret".toCharArray(), 200_000));
        List<CompletableFuture<Answer>> flood = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            flood.add(ask(users, "alice", "wrong" + i, "10.0.0.66"));
        }

        Answer right = ask(users, "alice", "secret", "10.0.0.7")
                .orTimeout(60, TimeUnit.SECONDS)
                .join();

        assertThat(right).isEqualTo(new Accepted());
        assertThat(flood.stream().filter(answer -> !answer.isDone()))
                .as("of the flood, still waiting")
                .isNotEmpty();
        List<Refused> refused = flood.stream()
                .map(answer -> (Refused) answer.orTimeout(60, TimeUnit.SECONDS).join())
                .toList();
        assertThat(refused)
                .filteredOn(answer -> answer.detail() == Detail.SERVER_BUSY)
                .isNotEmpty()
                .allSatisfy(answer -> assertThat(answer.why())
                        .startsWith("nightjar.authentication.max-pending=8, of which ")
                        .endsWith(" are from this address"));
    }

    @Test
    void a_password_that_was_right_before_needs_no_thread() throws IOException {
        write("alice:" + PasswordHash.hash("secret".toCharArray(), 200_000));
        PasswordFile users = new PasswordFile(dir.resolve("passwords"), 4, 1, 100, 10, TimeUnit.HOURS.toNanos(1));
        open = users;
        assertThat(ask(users, "alice", "secret")).isEqualTo(new Accepted());
        CompletableFuture<Answer> slow = ask(users, "alice", "wrong", "10.0.0.66");

        CompletableFuture<Answer> known = ask(users, "alice", "secret", "10.0.0.66");

        assertThat(known).isCompletedWithValue(new Accepted());
        assertThat(slow.orTimeout(60, TimeUnit.SECONDS).join()).isInstanceOf(Refused.class);
    }

    @Test
    void what_nobody_waits_for_any_more_takes_no_room() throws IOException {
        PasswordFile users = open(4, "alice:" + PasswordHash.hash("secret".toCharArray(), 200_000));
        ask(users, "alice", "wrong", "10.0.0.1");
        for (int i = 0; i < 50; i++) {
            ask(users, "alice", "wrong" + i, "10.0.0.1").cancel(false);
        }

        assertThat(ask(users, "alice", "secret")).isEqualTo(new Accepted());
    }

    @Test
    void a_user_may_have_a_password_and_a_verifier_or_one_of_them() throws IOException {
        PasswordFile users =
                open(4, "both:" + hash("secret"), "both:" + verifier("secret"), "scram:" + verifier("secret"));
        EnhancedAuthenticator scram = users.scram(4);

        assertThat(ask(users, "both", "secret")).isEqualTo(new Accepted());
        assertThat(login(scram, "both", "secret")).isInstanceOf(Step.Success.class);
        assertThat(login(scram, "scram", "secret")).isInstanceOf(Step.Success.class);
        assertThat(login(scram, "scram", "wrong")).isInstanceOf(Step.Refused.class);
        assertThat(((Refused) ask(users, "scram", "secret")).why()).contains("SCRAM-SHA-256 only");
        assertThat(messages("password_file_bad_line")).isEmpty();
    }

    @Test
    void a_user_without_a_verifier_looks_like_one_with_it_before_and_after_a_start() throws IOException {
        String[] lines = {
            "#scram-secret=AAECAwQFBgcICQoLDA0ODw==",
            "a:" + verifier("x", 5000),
            "b:" + verifier("x", 5000),
            "c:" + verifier("x", 4096),
            "plain:" + hash("x")
        };

        String before = challenge(open(4, lines).scram(4), "plain");
        open.close();
        String after = challenge(open(4, lines).scram(4), "plain");

        assertThat(salt(after)).isEqualTo(salt(before)).matches("s=[A-Za-z0-9+/]{22}==,i=5000");
        assertThat(messages("password_file_without_scram_secret")).isEmpty();
    }

    @Test
    void a_file_with_verifiers_and_no_secret_is_served_with_a_warning() throws IOException {
        PasswordFile users = open(4, "a:" + verifier("x"), "#scram-secret=short");

        assertThat(login(users.scram(4), "a", "x")).isInstanceOf(Step.Success.class);
        assertThat(messages("password_file_without_scram_secret")).hasSize(1);
    }

    @Test
    void a_changed_verifier_counts_at_once() throws IOException {
        PasswordFile users = open(4, "alice:" + verifier("old"));
        EnhancedAuthenticator scram = users.scram(4);
        assertThat(login(scram, "alice", "old")).isInstanceOf(Step.Success.class);

        write("alice:" + verifier("new") + "\n# longer");

        assertThat(login(scram, "alice", "old")).isInstanceOf(Step.Refused.class);
        assertThat(login(scram, "alice", "new")).isInstanceOf(Step.Success.class);
    }

    @Test
    void everyone_may_come_in_when_authentication_is_off() {
        assertThat(new AllowAll().authenticate(credentials(null, null))).isCompletedWithValue(new Accepted());
    }

    private PasswordFile open(int maxPending, String... lines) throws IOException {
        write(String.join("\n", lines));
        open = new PasswordFile(dir.resolve("passwords"), maxPending, 1, 100, 10, 0);
        return open;
    }

    private void write(String text) throws IOException {
        Files.writeString(dir.resolve("passwords"), text);
    }

    private static String hash(String password) {
        return PasswordHash.hash(password.toCharArray(), 10);
    }

    private static String verifier(String password) {
        return verifier(password, ScramVerifier.MIN_ITERATIONS);
    }

    private static String verifier(String password, int iterations) {
        return Objects.requireNonNull(ScramVerifier.of(password.toCharArray(), iterations))
                .text();
    }

    private static Step login(EnhancedAuthenticator scram, String username, String password) {
        ScramClient client = new ScramClient(username, password);
        Exchange exchange = scram.start(new EnhancedAuthenticator.Client("c1", "127.0.0.1", "tcp:default"));
        Step challenge = join(exchange.next(Bytes.utf8(client.first())));
        return join(exchange.next(
                Bytes.utf8(client.last(((Step.Continue) challenge).data().text()))));
    }

    private static String challenge(EnhancedAuthenticator scram, String username) {
        Exchange exchange = scram.start(new EnhancedAuthenticator.Client("c1", "127.0.0.1", "tcp:default"));
        Step step = join(exchange.next(Bytes.utf8(new ScramClient(username, "x").first())));
        return ((Step.Continue) step).data().text();
    }

    private static String salt(String challenge) {
        return challenge.substring(challenge.indexOf(",s=") + 1);
    }

    private static Step join(CompletionStage<Step> step) {
        return step.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static Answer ask(PasswordFile users, @Nullable String username, @Nullable String password) {
        return users.authenticate(credentials(username, password))
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    private static CompletableFuture<Answer> ask(PasswordFile users, String username, String password, String address) {
        return users.authenticate(new Credentials("c1", username, Bytes.utf8(password), address, "tcp:default"))
                .toCompletableFuture();
    }

    private static Credentials credentials(@Nullable String username, @Nullable String password) {
        return new Credentials(
                "c1", username, password == null ? null : Bytes.utf8(password), "127.0.0.1", "tcp:default");
    }

    private List<String> messages(String event) {
        return logged.list.stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(message -> message.contains(event))
                .toList();
    }
}
