package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.nightjar.connection.ConnectionLimits;
import io.nightjar.connection.Offers;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.net.ListenerSettings;
import io.nightjar.net.WebSocketSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @TempDir
    Path dir;

    @Test
    void the_defaults_are_right_and_serve_this_machine_only() {
        Settings settings = Settings.load(null, Map.of());

        assertThat(settings.nodeName()).isEqualTo("nightjar@127.0.0.1");
        assertThat(settings.dataDir()).isAbsolute().hasFileName("data");
        assertThat(settings.listeners())
                .extracting(ListenerSettings::id, ListenerSettings::bind, ListenerSettings::maxConnections)
                .containsExactly(
                        tuple("tcp:default", new InetSocketAddress("127.0.0.1", 1883), 1_000_000),
                        tuple("ws:default", new InetSocketAddress("127.0.0.1", 8083), 1_000_000));
        assertThat(settings.http().bind()).isEqualTo(new InetSocketAddress("127.0.0.1", 18_083));
        assertThat(settings.http().tokenLifetimeMillis()).isEqualTo(3_600_000);
        assertThat(settings.cluster().seedNodes()).isEmpty();
        assertThat(settings.authentication().enabled()).isFalse();
        assertThat(settings.authorization().rules()).isEmpty();
        assertThat(settings.authorization().noMatchAllows()).isTrue();
        assertThat(settings.mqtt().maxPacketSize()).isEqualTo(1 << 20);
        assertThat(settings.mqtt().sessionExpiryMaxSeconds()).isEqualTo(0xFFFF_FFFFL);
        assertThat(settings.mqtt().sessionExpiryV3Seconds()).isEqualTo(7200);
        assertThat(settings.mqtt().connectionLimits().maxClientIdBytes()).isEqualTo(4096);
        assertThat(settings.mqtt().sessionLimits().queuedMessages()).isEqualTo(1000);
        assertThat(settings.retained().maxBytes()).isEqualTo(1L << 30);
        assertThat(settings.trace().maxTraces()).isEqualTo(30);
        assertThat(settings.sysTopics()).isEqualTo(new Settings.SysTopics(60_000, false));
    }

    @Test
    void the_interval_of_sys_topics_is_a_second_at_least_or_never() {
        Settings never = Settings.load(null, Map.of("nightjar.sys-topics.interval", "0s"));

        assertThat(never.sysTopics().intervalMillis()).isZero();
        assertThatThrownBy(() -> Settings.load(null, Map.of("nightjar.sys-topics.interval", "500ms")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("nightjar.sys-topics.interval")
                .hasMessageContaining("0s for off, or 1s to 1d");
    }

    @Test
    void a_file_goes_over_the_defaults_and_the_command_line_over_the_file() {
        Path file = file("nightjar { node-name = a, mqtt { queue-length = 5, max-inflight = 6 } }");

        Settings settings = Settings.load(file, Map.of("nightjar.mqtt.queue-length", "7"));

        assertThat(settings.nodeName()).isEqualTo("a");
        assertThat(settings.mqtt().queueLength()).isEqualTo(7);
        assertThat(settings.mqtt().maxInflight()).isEqualTo(6);
        assertThat(settings.mqtt().maxSubscriptions()).isEqualTo(1000);
    }

    @Test
    void all_errors_are_told_at_once_with_key_value_place_and_remedy() {
        Path file = file(
                """
                nightjar.node-name = "a b"
                nightjar.mqtt {
                  max-packet-size = 1GiB
                  session-expiry-v3 = 7200
                  queue-qos0 = maybe
                }
                """);

        List<String> errors = errors(file, Map.of("nightjar.trace.max-traces", "0"));

        assertThat(errors).hasSize(5);
        assertThat(errors)
                .anySatisfy(error ->
                        assertThat(error).contains("nightjar.node-name = \"a b\"", "my.conf: 1", "1 to 128 letters"))
                .anySatisfy(error -> assertThat(error)
                        .contains("nightjar.mqtt.max-packet-size = \"1GiB\"", "my.conf: 3", "from 1 KiB to 268435460"))
                .anySatisfy(error -> assertThat(error)
                        .contains("nightjar.mqtt.session-expiry-v3 = 7200", "with its unit", "or never"))
                .anySatisfy(error -> assertThat(error).contains("nightjar.mqtt.queue-qos0", "true or false"))
                .anySatisfy(error -> assertThat(error)
                        .contains("nightjar.trace.max-traces = \"0\" (command line)", "from 1 to 1000"));
    }

    @ParameterizedTest
    @CsvSource({
        "nightjar.mqtt.max-packet-sise, nightjar.mqtt.max-packet-size",
        "nightjar.mqt.max-packet-size, nightjar.mqtt",
        "nightjar.mqtt.bind, nightjar.cluster.bind",
        "nightjar.listeners.tcp.default.baklog, nightjar.listeners.tcp.default.backlog",
        "nightjar.nodename, nightjar.node-name"
    })
    void an_unknown_key_is_an_error_that_suggests_the_nearest(String key, String nearest) {
        assertThat(errors(null, Map.of(key, "1")))
                .singleElement()
                .asString()
                .contains("there is no such setting")
                .containsAnyOf("did you mean " + nearest, "did you mean nightjar.http.bind");
    }

    @Test
    void a_block_where_a_value_belongs_and_the_other_way_round_are_errors() {
        Path file = file("nightjar { mqtt = 5, node-name { x = 1 }, trace.max-traces = null }");

        assertThat(errors(file, Map.of()))
                .hasSize(3)
                .anySatisfy(error -> assertThat(error).contains("nightjar.mqtt ", "this is a block"))
                .anySatisfy(error -> assertThat(error).contains("nightjar.node-name ", "this is one value"))
                .anySatisfy(error -> assertThat(error).contains("nightjar.trace.max-traces ", "has no value"));
    }

    @Test
    void a_file_that_is_missing_or_no_hocon_is_one_clear_error() {
        assertThat(errors(dir.resolve("none.conf"), Map.of()))
                .singleElement()
                .asString()
                .contains("does not exist");
        assertThat(errors(file("nightjar { mqtt {"), Map.of()))
                .singleElement()
                .asString()
                .contains("my.conf: 1");
        assertThat(errors(file("nightjar.node-name = ${nothing}"), Map.of()))
                .singleElement()
                .asString()
                .contains("${nothing}");
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0:1883", "'[::]:1883'", "192.0.2.1:1883"})
    void without_authentication_another_address_than_loopback_is_an_error(String bind) {
        assertThat(errors(null, Map.of("nightjar.listeners.tcp.default.bind", bind)))
                .singleElement()
                .asString()
                .contains(bind, "nightjar.authentication.password-file", "127.0.0.1");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:0", "localhost:0", "'[::1]:0'", "127.0.0.2:1883", "1884"})
    void without_authentication_loopback_is_fine(String bind) {
        Settings settings = Settings.load(null, Map.of("nightjar.listeners.tcp.default.bind", bind));

        assertThat(settings.listeners().get(0).bind().getAddress().isLoopbackAddress())
                .isTrue();
    }

    @Test
    void with_authentication_a_port_alone_means_all_addresses() {
        String passwords = file("alice:$pbkdf2-sha512$...").toString();

        Settings settings = Settings.load(null, Map.of("nightjar.authentication.password-file", passwords));

        assertThat(settings.listeners().get(0).bind()).isEqualTo(new InetSocketAddress("0.0.0.0", 1883));
        assertThat(settings.authentication().passwordFile()).isEqualTo(Path.of(passwords));
    }

    @Test
    void enhanced_authentication_offers_scram_unless_it_is_told_not_to() {
        Settings.EnhancedMethods usual =
                Settings.load(null, Map.of()).authentication().enhanced();
        Settings none = Settings.load(null, Map.of("nightjar.authentication.methods", ""));

        assertThat(usual).isEqualTo(new Settings.EnhancedMethods(List.of("SCRAM-SHA-256"), 10_000, 10_000, 8, 4096));
        assertThat(none.authentication().enhanced().methods()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "methods, SCRAM-SHA-1",
        "exchange-timeout, 10",
        "max-exchanges, 0",
        "exchange-max-rounds, 101",
        "exchange-max-data, 64KiB"
    })
    void what_enhanced_authentication_does_not_take_is_an_error(String key, String value) {
        assertThat(errors(null, Map.of("nightjar.authentication." + key, value)))
                .singleElement()
                .asString()
                .contains("nightjar.authentication." + key, value);
    }

    @Test
    void a_password_file_that_is_missing_is_an_error_and_does_not_open_the_broker() {
        assertThat(errors(null, Map.of("nightjar.authentication.password-file", "/nowhere/passwords")))
                .singleElement()
                .asString()
                .contains("there is no such file", "ops/nightjar passwd");
    }

    @ParameterizedTest
    @CsvSource({"x", "''", "1.2.3.4", "127.0.0.1:65536", "127.0.0.1:-1", "::1:1883", ":1883", "no.such.host.invalid:1"})
    void what_is_no_address_is_an_error(String bind) {
        assertThat(errors(null, Map.of("nightjar.http.bind", bind)))
                .singleElement()
                .asString()
                .contains("nightjar.http.bind");
    }

    @Test
    void more_listeners_take_what_they_do_not_name_from_the_default() {
        Path file = file(
                """
                nightjar.listeners.tcp {
                  default.max-connections = 7
                  inside { bind = "127.0.0.1:1884", backlog = 9 }
                  off { bind = "127.0.0.1:1885", enabled = false }
                }
                """);

        Settings settings = Settings.load(file, Map.of());

        assertThat(settings.listeners())
                .extracting(
                        ListenerSettings::id,
                        listener -> listener.bind().getPort(),
                        ListenerSettings::maxConnections,
                        ListenerSettings::backlog,
                        ListenerSettings::connectTimeoutMillis)
                .containsExactly(
                        tuple("tcp:default", 1883, 7, 32_768, 10_000L),
                        tuple("tcp:inside", 1884, 1_000_000, 9, 10_000L),
                        tuple("ws:default", 8083, 1_000_000, 32_768, 10_000L));
    }

    @Test
    void a_listener_may_have_limits_of_its_own_and_takes_the_others_from_all() {
        Path file = file(
                """
                nightjar.mqtt { max-inflight = 11, max-qos = 1 }
                nightjar.listeners.tcp.inside {
                  bind = "127.0.0.1:1884"
                  mqtt { max-packet-size = 64KiB, max-qos = 0, retain-available = false }
                }
                """);

        Settings settings = Settings.load(file, Map.of("nightjar.listeners.tcp.inside.mqtt.max-subscriptions", "5"));

        ConnectionLimits all = settings.listeners().get(0).limits();
        ConnectionLimits inside = settings.listeners().get(1).limits();
        assertThat(all.maxPacketSize()).isEqualTo(1 << 20);
        assertThat(all.offers().maximumQos()).isEqualTo(QoS.AT_LEAST_ONCE);
        assertThat(inside.maxPacketSize()).isEqualTo(1 << 16);
        assertThat(inside.maxInflight()).isEqualTo(11);
        assertThat(inside.maxSubscriptions()).isEqualTo(5);
        assertThat(inside.offers()).isEqualTo(new Offers(QoS.AT_MOST_ONCE, false, true, true, true));
    }

    @Test
    void a_listener_for_websocket_has_settings_of_its_own_and_says_which_pages_may_connect() {
        Path file = file(
                """
                nightjar.listeners.ws {
                  default.enabled = false
                  inside {
                    bind = "127.0.0.1:8093"
                    websocket { path = "/x", ping-interval = 0s, allowed-origins = ["https://A.example"] }
                  }
                }
                """);

        WebSocketSettings inside =
                Settings.load(file, Map.of()).listeners().get(1).webSocket();

        assertThat(inside)
                .isEqualTo(new WebSocketSettings("/x", 8192, 1L << 30, 0, 20_000, List.of("https://a.example"), true));
    }

    @Test
    void a_mistake_in_the_settings_of_websocket_is_told() {
        assertThat(errors(null, Map.of("nightjar.listeners.ws.default.websocket.path", "mqtt")))
                .singleElement()
                .asString()
                .contains("websocket.path", "as in /mqtt");
    }

    @Test
    void a_mistake_in_the_limits_of_a_listener_is_told_there_and_one_in_the_limits_of_all_only_once() {
        Path file = file(
                """
                nightjar.mqtt.max-inflight = 0
                nightjar.listeners.tcp.default.mqtt { max-packet-size = 7, queue-length = 5, max-qoss = 1 }
                """);

        assertThat(errors(file, Map.of()))
                .hasSize(4)
                .anySatisfy(error -> assertThat(error).startsWith("nightjar.mqtt.max-inflight = 0"))
                .anySatisfy(error -> assertThat(error)
                        .startsWith("nightjar.listeners.tcp.default.mqtt.max-packet-size = 7")
                        .contains("a size from 1 KiB"))
                .anySatisfy(error -> assertThat(error)
                        .contains("nightjar.listeners.tcp.default.mqtt.queue-length", "no such setting"))
                .anySatisfy(error ->
                        assertThat(error).contains("nightjar.listeners.tcp.default.mqtt.max-qoss", "did you mean"));
    }

    @Test
    void a_listener_for_tls_is_opened_once_it_has_a_certificate() {
        String pem =
                file("a certificate, to be looked at when the listener starts").toString();
        String key = "nightjar.listeners.tls.default.";

        assertThat(Settings.load(null, Map.of()).listeners())
                .extracting(ListenerSettings::id)
                .containsExactly("tcp:default", "ws:default");
        ListenerSettings tls = Settings.load(null, Map.of(key + "tls.certificate", pem, key + "tls.key", pem))
                .listeners()
                .get(1);

        assertThat(tls.id()).isEqualTo("tls:default");
        assertThat(tls.bind()).isEqualTo(new InetSocketAddress("127.0.0.1", 8883));
        assertThat(tls.tls().versions()).containsExactly("TLSv1.3", "TLSv1.2");
        assertThat(tls.proxy()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"none", "cn"})
    void a_required_client_certificate_is_authentication(String usernameFrom) {
        String pem = file("pem").toString();
        String key = "nightjar.listeners.tls.default.";
        Map<String, String> required = Map.of(
                key + "tls.certificate", pem,
                key + "tls.key", pem,
                key + "tls.client-ca", pem,
                key + "tls.client-certificate", "required",
                key + "tls.username-from", usernameFrom);

        List<ListenerSettings> listeners = Settings.load(null, required).listeners();

        assertThat(listeners)
                .extracting(ListenerSettings::bind)
                .containsExactly(
                        new InetSocketAddress("127.0.0.1", 1883),
                        new InetSocketAddress("0.0.0.0", 8883),
                        new InetSocketAddress("127.0.0.1", 8083));
        Map<String, String> optional = new java.util.HashMap<>(required);
        optional.put(key + "tls.client-certificate", "optional");
        optional.put(key + "bind", "0.0.0.0:8883");
        assertThat(errors(null, optional))
                .singleElement()
                .asString()
                .contains("loopback only", "tls.client-certificate = required");
    }

    @Test
    void mistakes_in_tls_and_proxy_protocol_are_told() {
        String pem = file("pem").toString();
        String key = "nightjar.listeners.tls.default.";

        assertThat(errors(
                        null,
                        Map.of(
                                key + "tls.certificate", pem,
                                key + "tls.key", "/nowhere/key.pem",
                                key + "tls.client-certificate", "required",
                                key + "tls.versions", "TLSv1.1",
                                key + "tls.provider", "gnutls",
                                key + "proxy-protocol", "yes",
                                key + "proxy-protocol-from", "10.0.0.0/99",
                                key + "tls.key-password", "hidden")))
                .hasSize(6)
                .anySatisfy(error -> assertThat(error).contains("tls.key = ", "there is no such file"))
                .anySatisfy(error -> assertThat(error).contains("tls.client-ca", "whose are good?"))
                .anySatisfy(error -> assertThat(error).contains("tls.versions", "TLSv1.3 and TLSv1.2"))
                .anySatisfy(error -> assertThat(error).contains("tls.provider", "auto or openssl or jdk"))
                .anySatisfy(error -> assertThat(error).contains("proxy-protocol = ", "off or v1 or v2 or any"))
                .anySatisfy(error -> assertThat(error).contains("proxy-protocol-from", "10.0.0.0/99 is none"))
                .noneSatisfy(error -> assertThat(error).contains("hidden"));
        assertThat(errors(null, Map.of(key + "tls.key", pem)))
                .singleElement()
                .asString()
                .contains("tls.certificate", "needs a certificate");
        assertThat(errors(
                        null,
                        Map.of(key + "tls.certificate", pem, key + "tls.key", pem, key + "tls.username-from", "cn")))
                .singleElement()
                .asString()
                .contains("username-from", "client-certificate = optional or required");
        assertThat(errors(null, Map.of("nightjar.listeners.tls.other.bind", "127.0.0.1:0")))
                .singleElement()
                .asString()
                .contains("tls.other.tls.certificate", "needs a certificate");
    }

    @Test
    void a_listener_without_address_or_with_a_taken_one_is_an_error() {
        Path file = file(
                "nightjar.listeners.tcp { a { backlog = 9 }, b { bind = 1883 }, \"c/d\" { bind = 1 }, e { bnd = 1 } }");

        assertThat(errors(file, Map.of()))
                .anySatisfy(error -> assertThat(error).contains("tcp.a", "needs a bind"))
                .anySatisfy(error -> assertThat(error).contains("tcp.default", "same address and port"))
                .anySatisfy(error -> assertThat(error).contains("c/d", "the name of a listener"))
                .anySatisfy(error -> assertThat(error).contains("tcp.e.bnd", "no such setting"));
    }

    @Test
    void seed_nodes_are_a_list_in_a_file_and_commas_on_a_command_line() {
        String key = "nightjar.cluster.seed-nodes";

        assertThat(Settings.load(file(key + " = [\"a:1\", \"b:2\"]"), Map.of())
                        .cluster()
                        .seedNodes())
                .containsExactly("a:1", "b:2");
        assertThat(Settings.load(null, Map.of(key, "a:1, b:2")).cluster().seedNodes())
                .containsExactly("a:1", "b:2");
        assertThat(Settings.load(null, Map.of(key, "[\"a:1\"]")).cluster().seedNodes())
                .containsExactly("a:1");
        assertThat(Settings.load(null, Map.of(key + ".0", "a:1")).cluster().seedNodes())
                .containsExactly("a:1");
        assertThat(errors(null, Map.of(key, "a"))).singleElement().asString().contains("host:port");
    }

    @Test
    void all_addresses_are_no_address_for_other_nodes() {
        assertThat(errors(null, Map.of("nightjar.cluster.bind", "0.0.0.0:7077")))
                .singleElement()
                .asString()
                .contains("reach this one");
    }

    @Test
    void limits_that_contradict_each_other_are_errors() {
        assertThat(errors(null, Map.of("nightjar.mqtt.send-buffer-low", "1MiB", "nightjar.mqtt.max-awaiting-rel", "3")))
                .hasSize(2);
    }

    @Test
    void access_rules_are_read_in_order() {
        Path file = file(
                """
                nightjar.authorization {
                  no-match = deny
                  deny-action = disconnect
                  deny-code = unspecified
                  rules = [
                    { permission = allow, who { username = ops, address = "10.0.0.0/8" }, topics = ["#", "$SYS/#"] }
                    { permission = deny, who = all, action = publish, topics = ["devices/${clientid}"] }
                  ]
                }
                """);

        Settings.Authorization authorization = Settings.load(file, Map.of()).authorization();

        assertThat(authorization.noMatchAllows()).isFalse();
        assertThat(authorization.denyDisconnects()).isTrue();
        assertThat(authorization.denyCode()).isEqualTo(ReasonCode.UNSPECIFIED_ERROR);
        assertThat(authorization.rules()).hasSize(2);
        assertThat(authorization.rules().get(0).username()).isEqualTo("ops");
        assertThat(authorization.rules().get(0).subscribe()).isTrue();
        assertThat(authorization.rules().get(1).allow()).isFalse();
        assertThat(authorization.rules().get(1).subscribe()).isFalse();
    }

    @Test
    void every_fault_of_every_rule_is_told_with_its_number() {
        Path file = file(
                """
                nightjar.authorization.rules = [
                  { permission = alow, who = all, topics = ["a"] }
                  { permission = deny, who { address = "10.0.0.0/99" }, topics = ["a"] }
                  { permission = deny, who { }, topics = ["a/#/b", "x-${clientid}", "${user}"] }
                  { permission = deny, topics = [], topic = "a" }
                  5
                ]
                """);

        List<String> errors = errors(file, Map.of());

        assertThat(errors).allSatisfy(error -> assertThat(error).contains("nightjar.authorization.rules, rule "));
        assertThat(errors).filteredOn(error -> error.contains("rule 1 ")).hasSize(1);
        assertThat(errors).filteredOn(error -> error.contains("rule 2 ")).hasSize(1);
        assertThat(errors).filteredOn(error -> error.contains("rule 3 ")).hasSize(4);
        assertThat(errors).filteredOn(error -> error.contains("rule 4 ")).hasSize(3);
        assertThat(errors).filteredOn(error -> error.contains("rule 5 ")).hasSize(1);
    }

    @Test
    void settings_of_pekko_pass_through_to_the_whole() {
        Settings settings = Settings.load(file("pekko.loglevel = DEBUG"), Map.of("pekko.log-dead-letters", "off"));

        assertThat(settings.config().getString("pekko.loglevel")).isEqualTo("DEBUG");
        assertThat(settings.config().getBoolean("pekko.log-dead-letters")).isFalse();
        assertThat(settings.config().hasPath("pekko.actor.provider")).isTrue();
    }

    private static List<String> errors(Path file, Map<String, String> overrides) {
        SettingsException e = catchThrowableOfType(SettingsException.class, () -> Settings.load(file, overrides));
        assertThat(e).as("settings with errors").isNotNull();
        return e.errors();
    }

    private Path file(String text) {
        try {
            return Files.writeString(dir.resolve("my.conf"), text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
