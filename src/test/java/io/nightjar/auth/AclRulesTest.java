package io.nightjar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.auth.AclRules.Rule;
import io.nightjar.auth.Authorizer.Action;
import io.nightjar.auth.Authorizer.Client;
import io.nightjar.auth.Authorizer.Decision;
import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AclRulesTest {
    private static final Client ALICE = new Client("c1", "alice", "10.1.2.3");

    @ParameterizedTest(name = "{0} publish to {1}: {2}")
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/c, false",
        "a/+, a/b, true",
        "a/+, a/b/c, false",
        "a/#, a, true",
        "a/#, a/b/c, true",
        "#, a, true",
        "#, $SYS/x, false",
        "+/x, $SYS/x, false",
        "$SYS/#, $SYS/x, true"
    })
    void a_publish_matches_a_rule_as_a_topic_matches_a_filter(String filter, String topic, boolean matches) {
        assertThat(publish(allow(filter), topic).allowed()).isEqualTo(matches);
        assertThat(publish(deny(filter), topic).allowed()).isEqualTo(!matches);
    }

    @ParameterizedTest(name = "rule {0}, subscribe {1}: covered {2}, overlap {3}")
    @CsvSource({
        "a/b,   a/b,    true,  true",
        "a/b,   a/c,    false, false",
        "a/b,   a,      false, false",
        "a/b,   a/b/c,  false, false",
        "a/+,   a/b,    true,  true",
        "a/+,   a/+,    true,  true",
        "a/+,   a/#,    false, true",
        "a/+,   #,      false, true",
        "a/+,   +/+,    false, true",
        "a/+,   +/b,    false, true",
        "a/+,   a/b/c,  false, false",
        "a/#,   a,      true,  true",
        "a/#,   a/#,    true,  true",
        "a/#,   a/+/c,  true,  true",
        "a/#,   +/b,    false, true",
        "a/#,   b/#,    false, false",
        "a/b/#, a/+,    false, true",
        "a/b/#, a,      false, false",
        "a,     a/#,    false, true",
        "a/b,   a/b/#,  false, true",
        "#,     a/b,    true,  true",
        "#,     #,      true,  true",
        "#,     $SYS/a, false, false",
        "#,     $SYS/#, false, false",
        "+/a,   $SYS/a, false, false",
        "$SYS/#, #,     false, false",
        "$SYS/#, +/a,   false, false",
        "$SYS/#, $SYS/a, true, true",
        "$SYS/#, $SYS/#, true, true",
        "+/+,   +/+,    true,  true",
        "+/+,   #,      false, true",
        "+/b,   a/+,    false, true",
        "/a,    +/a,    false, true",
        "+/a,   /a,     true,  true",
        "a//b,  a/+/b,  false, true",
        "secret/x, +/x, false, true"
    })
    void a_subscribe_is_allowed_by_coverage_and_denied_by_overlap(
            String filter, String requested, boolean covered, boolean overlap) {
        assertThat(subscribe(allow(filter), requested).allowed()).isEqualTo(covered);
        assertThat(subscribe(deny(filter), requested).allowed()).isEqualTo(!overlap);
    }

    @Test
    void the_first_rule_that_matches_decides_and_is_the_evidence() {
        AclRules rules = new AclRules(List.of(rule(true, "a/1"), rule(false, "a/#"), rule(true, "a/2")), true, true);

        assertThat(rules.authorize(ALICE, Action.PUBLISH, "a/1", QoS.AT_MOST_ONCE, false))
                .isEqualTo(new Decision(true, "acl rule 1 (allow all \"a/1\")", false));
        assertThat(rules.authorize(ALICE, Action.PUBLISH, "a/2", QoS.AT_MOST_ONCE, false))
                .isEqualTo(new Decision(false, "acl rule 2 (deny all \"a/#\")", true));
        assertThat(rules.authorize(ALICE, Action.PUBLISH, "b", QoS.AT_MOST_ONCE, false)
                        .allowed())
                .isTrue();
    }

    @ParameterizedTest(name = "rule eq {0}, {1}: {2}")
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/+, false",
        "a/b, #, false",
        "#, #, true",
        "#, a/b, false",
        "${clientid}/#, c1/#, true",
        "${clientid}/#, c1/a, false"
    })
    void a_rule_with_eq_is_about_exactly_this_text(String text, String requested, boolean exactly) {
        assertThat(subscribe(deny("eq " + text), requested).allowed()).isEqualTo(!exactly);
        assertThat(subscribe(allow("eq " + text), requested).allowed()).isEqualTo(exactly);
        assertThat(AclRules.topicFault("eq " + text)).isNull();
        assertThat(AclRules.topicFault("eq a#")).isNotNull();
    }

    @Test
    void a_denial_tells_the_code_that_was_asked_for() {
        AclRules hiding =
                new AclRules(List.of(rule(false, "a"), rule(true, "b")), false, false, ReasonCode.UNSPECIFIED_ERROR);

        assertThat(publish(hiding, "a").code()).isEqualTo(ReasonCode.UNSPECIFIED_ERROR);
        assertThat(publish(hiding, "c").code()).isEqualTo(ReasonCode.UNSPECIFIED_ERROR);
        assertThat(publish(hiding, "b").code()).isEqualTo(ReasonCode.SUCCESS);
        assertThat(publish(deny("a"), "a").code()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
    }

    @Test
    void without_a_match_no_match_decides() {
        AclRules denying = new AclRules(List.of(), false, false);

        assertThat(publish(denying, "a")).isEqualTo(new Decision(false, "no-match", false));
        assertThat(publish(new AclRules(List.of(), true, true), "a")).isSameAs(Decision.ALLOWED);
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource({
        "c1, alice, 10.1.2.3, true",
        "c2, alice, 10.1.2.3, false",
        "c1, bob, 10.1.2.3, false",
        "c1, , 10.1.2.3, false",
        "c1, alice, 11.1.2.3, false"
    })
    void all_that_who_names_must_agree(String clientId, @Nullable String username, String address, boolean matches) {
        AclRules rules = only(new Rule(true, "c1", "alice", Cidr.parse("10.0.0.0/8"), true, true, List.of("#")));

        Decision decision =
                rules.authorize(new Client(clientId, username, address), Action.PUBLISH, "a", QoS.AT_MOST_ONCE, false);

        assertThat(decision.allowed()).isEqualTo(matches);
    }

    @Test
    void a_rule_about_one_action_leaves_the_other_alone() {
        AclRules rules =
                new AclRules(List.of(new Rule(false, null, null, null, true, false, List.of("a"))), true, false);

        assertThat(publish(rules, "a").rule()).isEqualTo("acl rule 1 (deny publish \"a\")");
        assertThat(subscribe(rules, "a").allowed()).isTrue();
    }

    @Test
    void placeholders_stand_for_the_clients_own_names() {
        AclRules rules = allow("devices/${clientid}/+/${username}");

        assertThat(publish(rules, "devices/c1/x/alice").allowed()).isTrue();
        assertThat(publish(rules, "devices/c2/x/alice").allowed()).isFalse();
        assertThat(subscribe(rules, "devices/c1/+/alice").allowed()).isTrue();
        assertThat(subscribe(rules, "devices/+/+/alice").allowed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "#", "a/b", "c+", "/", "x/#"})
    void a_clever_client_identifier_does_not_widen_a_rule(String clientId) {
        Client clever = new Client(clientId, "alice", "10.0.0.1");
        AclRules rules = allow("devices/${clientid}/state");
        AclRules last = allow("devices/${clientid}");

        for (String topic : List.of("devices/c1/state", "devices/a/b/state", "devices/" + clientId + "/state")) {
            assertThat(rules.authorize(clever, Action.PUBLISH, topic, QoS.AT_MOST_ONCE, false)
                            .allowed())
                    .isFalse();
            assertThat(rules.authorize(clever, Action.SUBSCRIBE, topic, QoS.AT_MOST_ONCE, false)
                            .allowed())
                    .isFalse();
        }
        assertThat(last.authorize(clever, Action.SUBSCRIBE, "devices/" + clientId, QoS.AT_MOST_ONCE, false)
                        .allowed())
                .isFalse();
        assertThat(last.authorize(clever, Action.PUBLISH, "devices/a/b", QoS.AT_MOST_ONCE, false)
                        .allowed())
                .isFalse();
    }

    @Test
    void a_placeholder_in_a_name_is_not_filled_again() {
        Client nested = new Client("${username}", "alice", "10.0.0.1");

        Decision decision =
                allow("d/${clientid}").authorize(nested, Action.PUBLISH, "d/alice", QoS.AT_MOST_ONCE, false);

        assertThat(decision.allowed()).isFalse();
    }

    @Test
    void a_client_without_user_name_matches_no_rule_about_user_names() {
        Client anonymous = new Client("c1", null, "10.0.0.1");

        assertThat(allow("u/${username}/#").authorize(anonymous, Action.SUBSCRIBE, "u/x/#", QoS.AT_MOST_ONCE, false))
                .extracting(Decision::allowed)
                .isEqualTo(false);
    }

    @ParameterizedTest
    @CsvSource({
        "a/b, ",
        "a/${clientid}/#, ",
        "${username}, ",
        "a/#/b, '#'",
        "x-${clientid}, level of its own",
        "${clientid}x, level of its own",
        "${user}, no placeholder ${user}",
        "${clientid, no placeholder",
        "$share/g/a, without $share"
    })
    void a_filter_of_a_rule_is_checked(String topic, @Nullable String fault) {
        if (fault == null) {
            assertThat(AclRules.topicFault(topic)).isNull();
        } else {
            assertThat(AclRules.topicFault(topic)).contains(fault);
        }
    }

    private static Decision publish(AclRules rules, String topic) {
        return rules.authorize(ALICE, Action.PUBLISH, topic, QoS.AT_MOST_ONCE, false);
    }

    private static Decision subscribe(AclRules rules, String filter) {
        return rules.authorize(ALICE, Action.SUBSCRIBE, filter, QoS.AT_MOST_ONCE, false);
    }

    private static AclRules allow(String filter) {
        return only(rule(true, filter));
    }

    private static AclRules deny(String filter) {
        return new AclRules(List.of(rule(false, filter)), true, false);
    }

    private static AclRules only(Rule rule) {
        return new AclRules(List.of(rule), false, false);
    }

    private static Rule rule(boolean allow, String filter) {
        return new Rule(allow, null, null, null, true, true, List.of(filter));
    }
}
