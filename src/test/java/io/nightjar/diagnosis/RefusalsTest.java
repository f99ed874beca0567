package io.nightjar.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.Refusals.Explanation;
import io.nightjar.diagnosis.Refusals.Who;
import io.nightjar.mqtt.Detail;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RefusalsTest {
    static Stream<Arguments> refusals() {
        return Stream.of(
                row(
                        Detail.BAD_USERNAME_OR_PASSWORD,
                        Who.AUTHENTICATOR,
                        "password_file",
                        "right username and password",
                        "authenticator",
                        "password_file"),
                row(Detail.AUTHENTICATION_REFUSED, Who.AUTHENTICATOR, "scram", "credentials", "authenticator", "scram"),
                row(
                        Detail.AUTH_TIMEOUT,
                        Who.CLIENT,
                        "t=1ms",
                        "did not finish its login",
                        "limit",
                        "t=1ms",
                        "waiting_for",
                        "client"),
                row(
                        Detail.AUTH_TIMEOUT,
                        Who.AUTHENTICATOR,
                        "t=1ms",
                        "slow or out of reach",
                        "limit",
                        "t=1ms",
                        "waiting_for",
                        "authenticator"),
                row(Detail.WILL_DENIED, Who.RULE, "rules[2]", "topic of its Will", "rule", "rules[2]", "topic", "a"),
                row(Detail.CONNECT_BANNED, Who.RULE, "10.0.0.0/8", "take the ban away", "ban", "10.0.0.0/8"),
                row(
                        Detail.MAX_CONNECTIONS,
                        Who.LIMIT,
                        "max-connections=3",
                        "raise the limit",
                        "limit",
                        "max-connections=3"),
                row(Detail.SERVER_BUSY, Who.LIMIT, "session-timeout=5ms", "add a node", "limit", "session-timeout=5ms"),
                row(
                        Detail.UNSUPPORTED_PROTOCOL_VERSION,
                        Who.PROTOCOL,
                        "5.0/3.1.2-2",
                        "5.0, 3.1.1 or 3.1",
                        "rule",
                        "5.0/3.1.2-2"),
                row(Detail.CLIENT_IDENTIFIER_NOT_VALID, Who.PROTOCOL, "5.0/3.1.3-8", "ClientID", "rule", "5.0/3.1.3-8"),
                row(
                        Detail.TLS_HANDSHAKE,
                        Who.TRANSPORT,
                        "the client sent unknown_ca",
                        "CA of the listener",
                        "alert",
                        "the client sent unknown_ca"),
                row(
                        Detail.TLS_HANDSHAKE,
                        Who.TRANSPORT,
                        "we sent certificate_unknown",
                        "this listener's CA signed",
                        "alert",
                        "we sent certificate_unknown",
                        "certificate_subject",
                        "CN=x"),
                row(Detail.TLS_HANDSHAKE, Who.TRANSPORT, null, "it ran out", "our_certificate_not_after", "2020"),
                row(Detail.NOT_MQTT, Who.TRANSPORT, null, "speaks TLS", "looks_like", "tls"),
                row(Detail.NOT_MQTT, Who.TRANSPORT, null, "what came is http", "looks_like", "http"),
                row(Detail.PROXY_PROTOCOL, Who.TRANSPORT, null, "let the proxy"),
                row(Detail.PEER_FIN, Who.TRANSPORT, null, "trust the certificate", "tls", "handshake not finished"),
                row(Detail.PEER_FIN, Who.CLIENT, null, "health check"),
                row(
                        Detail.CONNECT_TIMEOUT,
                        Who.CLIENT,
                        "connect-timeout=5ms",
                        "no whole CONNECT",
                        "limit",
                        "connect-timeout=5ms"),
                row(Detail.SESSION_UNAVAILABLE, Who.SERVER, null, "GET /nodes"),
                row(Detail.TAKEOVERED_CONFLICT, Who.CLIENT, null, "ClientID of its own"));
    }

    private static Arguments row(Detail detail, Who who, String by, String fix, Object... facts) {
        return Arguments.of(detail, who, by, fix, facts);
    }

    @ParameterizedTest(name = "{0} {4}")
    @MethodSource("refusals")
    void who_refused_and_what_helps(Detail detail, Who who, String by, String fix, Object[] facts) {
        Explanation explained = Refusals.of(Ends.event(Kind.REFUSED, 1, "c", "10.0.0.1", detail, facts));

        assertThat(explained.refusedBy()).isEqualTo(who);
        assertThat(explained.by()).isEqualTo(by);
        assertThat(explained.fix()).contains(fix);
    }

    @ParameterizedTest
    @EnumSource(Detail.class)
    void every_detail_has_one_sentence_that_helps(Detail detail) {
        Explanation explained = Refusals.of(Ends.event(Kind.REFUSED, 1, "c", "10.0.0.1", detail));

        assertThat(explained.fix()).hasSizeGreaterThan(25).doesNotEndWith(".").doesNotContain("null");
    }

    @Test
    void a_detail_that_nobody_knows_is_no_failure() {
        RecordedEvent strange =
                new RecordedEvent(1, Kind.REFUSED, "c", "p:1", Map.of("reason", "kicked", "detail", "of_the_future"));

        assertThat(Refusals.of(strange).fix()).contains("does not know this detail");
    }
}
