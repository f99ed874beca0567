package io.nightjar.diagnosis;

import static io.nightjar.diagnosis.Ends.NOON;
import static io.nightjar.diagnosis.Ends.ended;
import static io.nightjar.diagnosis.Ends.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.nightjar.diagnosis.EndSummary.Summary;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Detail;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EndSummaryTest {
    private static Summary summary(List<RecordedEvent> events) {
        return EndSummary.of(List.of(part(events)));
    }

    private static EndSummary.Part part(List<RecordedEvent> events) {
        EndSummary summary = new EndSummary();
        events.stream()
                .sorted(Comparator.comparingLong(RecordedEvent::atMillis).reversed())
                .forEach(summary::add);
        return summary.part();
    }

    /** Ends {@code spacing} ms apart, of clients {@code name-0} and so on. */
    private static List<RecordedEvent> many(
            int count, String name, String address, Detail detail, long spacing, Object... more) {
        return IntStream.range(0, count)
                .mapToObj(i -> ended(
                        NOON + i * spacing,
                        name + "-" + i,
                        address.replace("#", Integer.toString(i + 1)),
                        detail,
                        more))
                .toList();
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static List<RecordedEvent> all(List<RecordedEvent>... lists) {
        List<RecordedEvent> all = new ArrayList<>();
        Stream.of(lists).forEach(all::addAll);
        return all;
    }

    @Test
    void counts_what_ended_and_nothing_else() {
        Summary summary = summary(List.of(
                ended(NOON, "a", "10.0.0.1", Detail.PEER_FIN, "side", "network"),
                ended(NOON + 61_000, "b", "10.0.0.2", Detail.PEER_RESET, "node", "n2"),
                event(Kind.REFUSED, NOON + 62_000, "c", "10.0.0.3", Detail.CONNECT_BANNED, "listener", "tls:x"),
                Ends.connected(NOON, "a", "10.0.0.1")));

        assertThat(summary.total()).isEqualTo(3);
        assertThat(summary.byReason()).containsExactly(entry("tcp_closed", 2L), entry("not_authorized", 1L));
        assertThat(summary.byDetail()).containsOnlyKeys("peer_fin", "peer_reset", "connect_banned");
        assertThat(summary.bySide()).containsExactly(entry("unknown", 2L), entry("network", 1L));
        assertThat(summary.byListener()).containsExactly(entry("tcp:default", 2L), entry("tls:x", 1L));
        assertThat(summary.byNode()).containsExactly(entry("n1", 2L), entry("n2", 1L));
        assertThat(summary.minutes()).extracting(EndSummary.Minute::atMillis).containsExactly(NOON, NOON + 60_000);
        assertThat(summary.storms()).isEmpty();
        assertThat(summary.truncated()).isFalse();
    }

    static Stream<Arguments> storms() {
        return Stream.of(
                Arguments.of(
                        "one address, idle for a minute each",
                        many(23, "d", "10.0.0.7", Detail.PEER_FIN, 30, "last_in_age_ms", 59_800L),
                        "address 10.0.0.7 tcp_closed/peer_fin 23 network/likely",
                        "23 clients behind 10.0.0.7 closed within 0.7 s, idle for 60 s each: a proxy or NAT with a 60 s"
                                + " idle timeout; use Keep Alive 44 s or less"),
                Arguments.of(
                        "many addresses of one network",
                        many(23, "d", "10.0.0.#", Detail.PEER_RESET, 30),
                        "network 10.0.0.0/24 tcp_closed/peer_reset 23 network/likely",
                        "23 clients behind 10.0.0.0/24 closed within 0.7 s: what they share, a load balancer, NAT, gateway"
                                + " or uplink, dropped them; look there at that time"),
                Arguments.of(
                        "many addresses of one IPv6 network",
                        many(8, "d", "2001:db8::#", Detail.PEER_FIN, 30),
                        "network 2001:db8:0:0::/64 tcp_closed/peer_fin 8 network/likely",
                        "8 clients behind 2001:db8:0:0::/64"),
                Arguments.of(
                        "a path that broke silently",
                        many(6, "d", "10.0.0.7", Detail.KEEP_ALIVE, 4_000),
                        "address 10.0.0.7 keepalive_timeout/keep_alive 6 network/likely",
                        "6 clients behind 10.0.0.7 fell silent within 20 s: the path they share stopped"),
                Arguments.of(
                        "one instant, everywhere",
                        many(12, "d", "10.0.#.1", Detail.PEER_RESET, 30),
                        "instant  tcp_closed/peer_reset 12 network/possible",
                        "12 clients closed within 0.3 s, of different networks"),
                Arguments.of(
                        "a changed password",
                        many(7, "d", "10.0.0.7", Detail.BAD_USERNAME_OR_PASSWORD, 300),
                        "address 10.0.0.7 not_authorized/bad_username_or_password 7 client/certain",
                        "7 clients behind 10.0.0.7 were not let in within 1.8 s"),
                Arguments.of(
                        "a node that stops",
                        many(15, "d", "10.0.#.1", Detail.SERVER_SHUTTING_DOWN, 10),
                        "instant  kicked/server_shutting_down 15 server/certain",
                        "the node or the listener was stopped"),
                Arguments.of(
                        "several details of one reason",
                        all(
                                many(5, "d", "10.0.0.7", Detail.PEER_FIN, 10),
                                many(4, "e", "10.0.0.7", Detail.PEER_RESET, 10)),
                        "address 10.0.0.7 tcp_closed/null 9 network/likely",
                        "9 clients behind 10.0.0.7"),
                Arguments.of(
                        "what straddles two cells is one",
                        many(8, "d", "10.0.0.7", Detail.PEER_FIN, 6_000),
                        "address 10.0.0.7 tcp_closed/peer_fin 8 network/likely",
                        "closed within 42 s"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("storms")
    void ends_with_a_common_cause_are_one_group(
            String name, List<RecordedEvent> events, String expected, String advice) {
        List<Storm> storms = summary(events).storms();

        assertThat(storms).hasSize(1);
        assertThat(told(storms.get(0))).isEqualTo(expected);
        assertThat(storms.get(0).verdict().advice()).contains(advice);
    }

    static Stream<Arguments> quiet() {
        return Stream.of(
                Arguments.of("too few", many(4, "d", "10.0.0.7", Detail.PEER_FIN, 10)),
                Arguments.of("too few for an instant", many(9, "d", "10.0.#.1", Detail.PEER_FIN, 10)),
                Arguments.of("too far apart", many(40, "d", "10.0.0.7", Detail.PEER_FIN, 60_000)),
                Arguments.of(
                        "one client that flaps",
                        IntStream.range(0, 30)
                                .mapToObj(i -> ended(NOON + i * 100L, "d", "10.0.0.7", Detail.PEER_FIN))
                                .toList()),
                Arguments.of("the daily flow of a large site", many(2_000, "d", "10.0.0.7", Detail.PEER_FIN, 1_000)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("quiet")
    void what_is_ordinary_is_no_storm(String name, List<RecordedEvent> events) {
        assertThat(summary(events).storms()).isEmpty();
    }

    @Test
    void a_storm_stands_out_of_a_steady_flow() {
        List<RecordedEvent> flow = many(2_000, "flow", "10.0.0.7", Detail.PEER_FIN, 1_000);
        List<RecordedEvent> storm = IntStream.range(0, 200)
                .mapToObj(i -> ended(NOON + 900_000 + i, "storm-" + i, "10.0.0.7", Detail.PEER_FIN))
                .toList();

        List<Storm> storms = summary(all(flow, storm)).storms();

        assertThat(storms).hasSize(1);
        assertThat(storms.get(0).count()).isBetween(200L, 240L);
    }

    @Test
    void an_address_that_explains_most_is_told_instead_of_its_network_and_the_instant() {
        List<Storm> storms = summary(all(
                        many(30, "d", "10.0.0.7", Detail.PEER_FIN, 10), many(5, "e", "10.0.0.#", Detail.PEER_FIN, 10)))
                .storms();

        assertThat(storms)
                .extracting(EndSummaryTest::told)
                .containsExactly("address 10.0.0.7 tcp_closed/peer_fin 30 network/likely");
    }

    @Test
    void two_addresses_of_one_network_are_told_as_the_network() {
        List<Storm> storms = summary(all(
                        many(30, "d", "10.0.0.7", Detail.PEER_FIN, 10), many(28, "e", "10.0.0.9", Detail.PEER_FIN, 10)))
                .storms();

        assertThat(storms)
                .extracting(EndSummaryTest::told)
                .containsExactly("network 10.0.0.0/24 tcp_closed/peer_fin 58 network/likely");
    }

    @Test
    void two_addresses_far_from_each_other_are_told_as_two() {
        List<Storm> storms = summary(all(
                        many(30, "d", "10.0.0.7", Detail.PEER_FIN, 10), many(28, "e", "10.9.0.9", Detail.PEER_FIN, 10)))
                .storms();

        assertThat(storms).extracting(Storm::value).containsExactly("10.0.0.7", "10.9.0.9");
    }

    @Test
    void a_listener_is_named_when_there_are_others() {
        List<RecordedEvent> other = List.of(ended(NOON, "x", "10.7.7.7", Detail.DISCONNECT, "listener", "tcp:other"));

        List<Storm> storms = summary(all(many(12, "d", "10.0.#.1", Detail.LISTENER_STOPPED, 10), other))
                .storms();

        assertThat(storms)
                .extracting(EndSummaryTest::told)
                .containsExactly("listener tcp:default kicked/listener_stopped 12 server/certain");
    }

    @Test
    void a_node_is_named_when_there_are_others_and_parts_of_nodes_add_up() {
        EndSummary.Part first = part(all(
                many(12, "d", "10.0.#.1", Detail.SERVER_SHUTTING_DOWN, 10),
                many(4, "z", "10.200.0.1", Detail.PEER_FIN, 10)));
        List<RecordedEvent> onSecond = new ArrayList<>();
        many(4, "y", "10.200.0.1", Detail.PEER_FIN, 10)
                .forEach(event -> onSecond.add(
                        ended(event.atMillis(), event.clientId(), event.address(), Detail.PEER_FIN, "node", "n2")));

        Summary summary = EndSummary.of(List.of(first, part(onSecond)));

        assertThat(summary.total()).isEqualTo(20);
        assertThat(summary.storms())
                .extracting(EndSummaryTest::told)
                .containsExactly(
                        "node n1 kicked/server_shutting_down 12 server/certain",
                        "address 10.200.0.1 tcp_closed/peer_fin 8 network/likely");
        assertThat(summary.storms().get(1).clients()).isEqualTo(8);
    }

    @Test
    void a_storm_tells_when_how_long_idle_and_who() {
        List<RecordedEvent> events = IntStream.range(0, 21)
                .mapToObj(i -> ended(
                        NOON + i * 10L,
                        "d-" + i,
                        "10.0.0.7",
                        Detail.PEER_FIN,
                        "last_in_age_ms",
                        50_000L + i * 1_000,
                        "last_out_age_ms",
                        90_000L))
                .toList();

        Storm storm = summary(events).storms().get(0);

        assertThat(storm.fromMillis()).isEqualTo(NOON);
        assertThat(storm.toMillis()).isEqualTo(NOON + 200);
        assertThat(storm.clientIds()).hasSize(5).doesNotHaveDuplicates();
        assertThat(storm.idle()).isNotNull();
        assertThat(storm.idle().minMillis()).isEqualTo(50_000);
        assertThat(storm.idle().maxMillis()).isEqualTo(70_000);
        assertThat(storm.idle().medianMillis()).isBetween(57_000L, 63_000L);
    }

    @Test
    void a_path_that_cuts_idle_connections_at_a_regular_age_gets_a_keep_alive_below_it() {
        // over hours, one by one: no storm, and yet a timeout
        List<RecordedEvent> events = all(
                many(40, "d", "10.0.0.7", Detail.PEER_FIN, 120_000, "last_in_age_ms", 300_200L, "keep_alive_s", 0L),
                many(9, "e", "10.0.0.7", Detail.PEER_FIN, 500_000, "last_in_age_ms", 2_000L, "keep_alive_s", 60L));

        Summary summary = summary(events);

        assertThat(summary.storms()).isEmpty();
        assertThat(summary.keepAliveAdvice())
                .containsExactly(new KeepAliveAdvice(Cause.ADDRESS, "10.0.0.7", 300_200, 40, 49));
        assertThat(summary.keepAliveAdvice().get(0).suggestedSeconds()).isEqualTo(225);
        assertThat(summary.keepAliveAdvice().get(0).text())
                .isEqualTo(
                        "40 of 49 ends from 10.0.0.7 came after 300 s without a packet: a proxy, NAT or firewall on the"
                                + " way cuts idle connections; use a Keep Alive of 225 s or less, or raise that timeout");
    }

    static Stream<Arguments> irregular() {
        return Stream.of(
                Arguments.of("too few", many(4, "d", "10.0.0.7", Detail.PEER_FIN, 1, "last_in_age_ms", 60_000L)),
                Arguments.of(
                        "the client was due to speak before",
                        many(40, "d", "10.0.0.7", Detail.PEER_FIN, 1, "last_in_age_ms", 60_000L, "keep_alive_s", 20)),
                Arguments.of(
                        "by a Keep Alive that ran out",
                        many(40, "d", "10.0.0.7", Detail.KEEP_ALIVE, 1, "last_in_age_ms", 90_000L)),
                Arguments.of(
                        "right after a packet", many(40, "d", "10.0.0.7", Detail.PEER_FIN, 1, "last_in_age_ms", 3L)),
                Arguments.of("never a packet", many(40, "d", "10.0.0.7", Detail.PEER_FIN, 1)),
                Arguments.of(
                        "at any age",
                        IntStream.range(0, 60)
                                .mapToObj(i -> ended(
                                        NOON + i,
                                        "d" + i,
                                        "10.0.0.7",
                                        Detail.PEER_FIN,
                                        "last_in_age_ms",
                                        2_000L + i * 1_000))
                                .toList()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("irregular")
    void without_a_common_age_there_is_no_keep_alive_advice(String name, List<RecordedEvent> events) {
        assertThat(summary(events).keepAliveAdvice()).isEmpty();
    }

    @Test
    void memory_is_bounded_and_what_is_lost_is_said() {
        EndSummary summary = new EndSummary();
        for (int i = 0; i < 300_000; i++) {
            String address = "10." + (i >> 16 & 255) + "." + (i >> 8 & 255) + "." + (i & 255);
            summary.add(ended(NOON - i / 64, "d" + i, address, Detail.PEER_FIN, "last_in_age_ms", 5_000L));
        }
        EndSummary.Part part = summary.part();

        assertThat(part.truncated()).isTrue();
        assertThat(part.total()).isEqualTo(300_000);
        assertThat(part.bursts()).hasSizeLessThanOrEqualTo(Storms.MOST_BURSTS);
        assertThat(part.paths()).hasSizeLessThanOrEqualTo(IdlePaths.MOST_SENT);
        Storm storm = EndSummary.of(List.of(part)).storms().get(0);
        assertThat(storm.cause()).isEqualTo(Cause.INSTANT);
        assertThat(storm.clients()).isBetween(240_000L, 360_000L);
    }

    @Test
    void minutes_older_than_a_day_of_them_are_left_out_and_said() {
        EndSummary summary = new EndSummary();
        for (int i = 0; i < EndSummary.MOST_MINUTES + 10; i++) {
            summary.add(ended(NOON - i * 60_000L, "d", "10.0.0.7", Detail.DISCONNECT));
        }

        Summary all = EndSummary.of(List.of(summary.part()));

        assertThat(all.minutes()).hasSize(EndSummary.MOST_MINUTES);
        assertThat(all.minutes().get(EndSummary.MOST_MINUTES - 1).atMillis()).isEqualTo(NOON);
        assertThat(all.total()).isEqualTo(EndSummary.MOST_MINUTES + 10);
        assertThat(all.truncated()).isTrue();
    }

    private static String told(Storm storm) {
        return storm.cause().word() + " " + storm.value() + " " + storm.reason() + "/" + storm.detail() + " "
                + storm.count() + " " + storm.verdict().side() + "/"
                + storm.verdict().confidence();
    }
}
