package io.nightjar.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.ReturnOrConflict.Decision;
import io.nightjar.diagnosis.ReturnOrConflict.Peer;
import io.nightjar.diagnosis.ReturnOrConflict.Takeover;
import io.nightjar.mqtt.MqttVersion;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Same client or conflict, case by case. */
class ReturnOrConflictTest {
    private static final long NOW = 1_000_000;
    private static final long MOMENTS = 2_000;
    private static final long LONG = 90_000;

    private static Peer peer(String address, int keepAlive, @Nullable String username) {
        return new Peer(address, MqttVersion.V5, keepAlive, username, null, null);
    }

    private static Takeover ago(long millis, Peer displaced, Peer by) {
        return new Takeover(displaced, by, NOW - millis);
    }

    static Stream<Arguments> cases() {
        Peer home = peer("10.0.0.1", 60, "ann");
        Peer homeOther = peer("10.0.0.1", 30, "bob");
        Peer homeAnew = peer("10.0.0.1", 30, "ann");
        Peer certified = new Peer("10.0.0.1", MqttVersion.V5, 60, "ann", null, "CN=a");
        Peer certifiedOther = new Peer("10.0.0.1", MqttVersion.V5, 60, "ann", null, "CN=b");
        Peer away = peer("10.0.0.2", 60, "ann");
        Peer awaySameUser = peer("10.0.0.2", 30, "ann");
        Peer stranger = peer("10.0.0.2", 30, "bob");
        Peer anonymous = peer("10.0.0.1", 60, null);
        Peer anonymousStranger = peer("10.0.0.2", 30, null);
        Peer willStranger = new Peer("10.0.0.2", MqttVersion.V5, 60, "ann", "will/topic", null);
        Peer olderVersion = new Peer("10.0.0.2", MqttVersion.V3_1_1, 60, "ann", null, null);
        return Stream.of(
                Arguments.of(home, home, MOMENTS, List.of(), "same_client", "same_address", 1),
                Arguments.of(home, homeAnew, MOMENTS, List.of(), "same_client", "same_address", 1),
                Arguments.of(home, homeOther, LONG, List.of(), "same_client", "same_address", 1),
                Arguments.of(home, homeOther, MOMENTS, List.of(), "conflict", "same_address_other_username", 1),
                Arguments.of(certified, certifiedOther, LONG, List.of(), "conflict", "other_certificate", 1),
                Arguments.of(home, certified, MOMENTS, List.of(), "same_client", "same_address", 1),
                Arguments.of(certified, certified, MOMENTS, List.of(), "same_client", "same_address", 1),
                Arguments.of(home, away, MOMENTS, List.of(), "same_client", "same_fingerprint_new_address", 1),
                Arguments.of(home, awaySameUser, MOMENTS, List.of(), "conflict", "other_device_while_active", 1),
                Arguments.of(home, willStranger, MOMENTS, List.of(), "conflict", "other_device_while_active", 1),
                Arguments.of(home, olderVersion, MOMENTS, List.of(), "conflict", "other_device_while_active", 1),
                Arguments.of(home, awaySameUser, LONG, List.of(), "same_client", "same_username_new_address", 1),
                Arguments.of(home, stranger, MOMENTS, List.of(), "conflict", "other_device_while_active", 1),
                Arguments.of(home, stranger, LONG, List.of(), "conflict", "other_device", 1),
                Arguments.of(anonymous, anonymousStranger, LONG, List.of(), "conflict", "other_device", 1),
                Arguments.of(
                        away,
                        home,
                        MOMENTS,
                        List.of(ago(60_000, home, away)),
                        "conflict",
                        "alternation_while_active",
                        2),
                Arguments.of(
                        away,
                        home,
                        MOMENTS,
                        List.of(ago(120_000, home, away), ago(90_000, away, home), ago(70_000, home, away)),
                        "conflict",
                        "alternation_while_active",
                        4),
                Arguments.of(
                        awaySameUser,
                        home,
                        LONG,
                        List.of(ago(60_000, home, awaySameUser)),
                        "conflict",
                        "alternation",
                        2),
                // Wi-Fi, mobile network, Wi-Fi: what it left behind had been silent for a while
                Arguments.of(away, home, 20_000, List.of(ago(60_000, home, away)), "same_client", "roams", 2),
                Arguments.of(
                        home,
                        away,
                        20_000,
                        List.of(ago(120_000, home, away), ago(60_000, away, home)),
                        "same_client",
                        "roams",
                        3),
                // came back at once, but only once
                Arguments.of(
                        away,
                        home,
                        5_000,
                        List.of(ago(120_000, away, home), ago(9_000, home, away)),
                        "same_client",
                        "roams",
                        3),
                // and at once again and again
                Arguments.of(
                        away,
                        home,
                        5_000,
                        List.of(ago(17_000, away, home), ago(9_000, home, away)),
                        "conflict",
                        "alternation_while_active",
                        3),
                Arguments.of(
                        away,
                        home,
                        MOMENTS,
                        List.of(ago(600_001, home, away)),
                        "same_client",
                        "same_fingerprint_new_address",
                        1),
                Arguments.of(
                        home,
                        home,
                        MOMENTS,
                        List.of(ago(3_000, home, home), ago(2_000, home, home), ago(1_000, home, home)),
                        "conflict",
                        "repeated_takeovers",
                        1),
                // starts again every 15 s, behind one address
                Arguments.of(
                        home,
                        home,
                        15_000,
                        List.of(ago(45_000, home, home), ago(30_000, home, home), ago(15_000, home, home)),
                        "same_client",
                        "same_address",
                        1),
                Arguments.of(
                        home,
                        homeAnew,
                        15_000,
                        List.of(ago(45_000, home, home), ago(30_000, home, home), ago(15_000, home, home)),
                        "conflict",
                        "repeated_takeovers",
                        1),
                Arguments.of(
                        home,
                        home,
                        MOMENTS,
                        List.of(ago(60_001, home, home), ago(2_000, home, home), ago(1_000, home, home)),
                        "same_client",
                        "same_address",
                        1));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void the_first_rule_that_fits_decides(
            Peer displaced,
            Peer newcomer,
            long activeAgoMillis,
            List<Takeover> recent,
            String verdict,
            String rule,
            int alternations) {
        Decision decision = ReturnOrConflict.decide(displaced, newcomer, activeAgoMillis, recent, NOW);

        assertThat(decision.conflict()).isEqualTo(verdict.equals("conflict"));
        assertThat(decision.rule()).isEqualTo(rule);
        assertThat(decision.alternations()).isEqualTo(alternations);
        if (rule.startsWith("alternation")) {
            assertThat(decision.alternatingMillis())
                    .isEqualTo(NOW - recent.get(0).atMillis());
        }
    }
}
