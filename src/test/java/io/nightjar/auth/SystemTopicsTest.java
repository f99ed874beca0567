package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.Authorizer.Action;
import io.nightjar.auth.Authorizer.Decision;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SystemTopicsTest {
    private static final Authorizer.Client CLIENT = new Authorizer.Client("c1", "u1", "10.0.0.1");

    @ParameterizedTest
    @CsvSource({
        "$SYS, false",
        "$SYS/, false",
        "$SYS/brokers/a/version, false",
        "$SYSTEM, true",
        "$SYS.x/y, true",
        "$sys/brokers, true",
        "$private/x, true",
        "a/$SYS/x, true"
    })
    void a_client_may_publish_everywhere_but_below_sys(String topic, boolean allowed) {
        Decision decision = ask(new AclRules(List.of(), true, false), false, Action.PUBLISH, topic);

        assertThat(decision.allowed()).isEqualTo(allowed);
        assertThat(decision.rule()).isEqualTo(allowed ? "" : "$SYS is the broker's");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_refusal_disconnects_if_denials_do(boolean disconnects) {
        Decision decision = ask(new AclRules(List.of(), true, disconnects), disconnects, Action.PUBLISH, "$SYS/x");

        assertThat(decision.disconnect()).isEqualTo(disconnects);
    }

    @Test
    void no_rule_opens_it() {
        AclRules.Rule all = new AclRules.Rule(true, "c1", null, null, true, true, List.of("$SYS/#"));

        assertThat(ask(new AclRules(List.of(all), true, false), false, Action.PUBLISH, "$SYS/x")
                        .allowed())
                .isFalse();
    }

    @Test
    void reading_it_is_for_the_rules_to_decide() {
        AclRules.Rule none = new AclRules.Rule(false, null, null, null, false, true, List.of("$SYS/#"));

        assertThat(ask(new AclRules(List.of(), true, false), false, Action.SUBSCRIBE, "$SYS/#")
                        .allowed())
                .isTrue();
        assertThat(ask(new AclRules(List.of(none), true, false), false, Action.SUBSCRIBE, "$SYS/#")
                        .allowed())
                .isFalse();
    }

    private static Decision ask(AclRules rules, boolean disconnects, Action action, String topic) {
        return new SystemTopics(rules, disconnects, ReasonCode.NOT_AUTHORIZED)
                .authorize(CLIENT, action, topic, QoS.AT_MOST_ONCE, false);
    }
}
