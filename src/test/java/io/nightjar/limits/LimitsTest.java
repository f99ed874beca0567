package io.nightjar.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.limits.Limit.Status;
import io.nightjar.limits.MachineFigures.ListenerFigures;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {
    private static final long MILLION = 1_000_000;

    @ParameterizedTest
    @CsvSource({
        // name, connections, needed
        "nofile (soft), 1000000, 1006000",
        "nofile (soft), 10000, 16000",
        "nofile (hard), 1000000, 1006000",
        "fs.nr_open, 1000000, 1006000",
        "fs.file-max, 1000000, 1006500",
        "net.core.somaxconn, 1000000, 32768",
        "net.core.somaxconn, 10000, 512",
        "net.core.somaxconn, 10, 128",
        "net.core.somaxconn, 100000000, 32768",
        "net.ipv4.tcp_max_syn_backlog, 1000000, 16384",
        "net.core.netdev_max_backlog, 1000000, 16384",
        "net.core.netdev_max_backlog, 1000, 1000",
        "net.netfilter.nf_conntrack_max, 1000000, 1266384",
        "net.ipv4.tcp_mem (high), 1000000, 250000",
        "backlog of tcp:default, 1000000, 32768",
        "max-connections, 1000000, 1000000",
        "pids.max, 1000000, 1024",
    })
    void each_limit_needs_what_its_rule_says(String name, long connections, long needed) {
        assertThat(limit(name, connections, figures()).needed()).isEqualTo(needed);
    }

    @Test
    void one_conntrack_entry_for_each_of_a_million_clients_is_too_few() {
        Map<String, Long> figures = figures();
        figures.put("net.netfilter.nf_conntrack_max", MILLION);

        Limit limit = limit("net.netfilter.nf_conntrack_max", MILLION, figures);

        assertThat(limit.status()).isEqualTo(Status.TOO_LOW);
        assertThat(limit.fix()).isEqualTo("sysctl -w net.netfilter.nf_conntrack_max=2097152");
    }

    @Test
    void a_machine_that_tracks_no_connections_has_no_limit_of_that() {
        Map<String, Long> figures = figures();
        figures.remove("net.netfilter.nf_conntrack_max");

        assertThat(Limits.check(MILLION, new MachineFigures(figures, listeners())))
                .extracting(Limit::name)
                .doesNotContain("net.netfilter.nf_conntrack_max");
    }

    @Test
    void exactly_enough_is_enough_and_one_less_is_not() {
        Map<String, Long> figures = figures();

        figures.put(MachineFigures.FILES_SOFT, 1_006_000L);
        assertThat(limit("nofile (soft)", MILLION, figures).status()).isEqualTo(Status.OK);

        figures.put(MachineFigures.FILES_SOFT, 1_005_999L);
        assertThat(limit("nofile (soft)", MILLION, figures).status()).isEqualTo(Status.TOO_LOW);
    }

    @Test
    void what_cannot_be_read_is_unknown_and_never_too_low() {
        for (Limit limit : Limits.check(MILLION, new MachineFigures(Map.of(), List.of()))) {
            if (!limit.name().equals("max-connections")) {
                assertThat(limit.status()).as(limit.name()).isEqualTo(Status.UNKNOWN);
            }
        }
    }

    @Test
    void files_that_others_have_open_count_for_the_machine() {
        Map<String, Long> figures = figures();
        figures.put(MachineFigures.FILES_MACHINE, 50_000L);
        figures.put(MachineFigures.FILES_OPEN, 10_000L);

        assertThat(limit("fs.file-max", MILLION, figures).needed()).isEqualTo(1_046_000);
    }

    @Test
    void listeners_hold_the_target_together() {
        List<ListenerFigures> two = List.of(
                new ListenerFigures("tcp:default", "nightjar.listeners.tcp.default", 32_768, 600_000, 300_000L),
                new ListenerFigures("tls:default", "nightjar.listeners.tls.default", 1024, 400_000, 100_000L));

        List<Limit> limits = Limits.check(MILLION, new MachineFigures(figures(), two));

        Limit most = named(limits, "max-connections");
        assertThat(most.status()).isEqualTo(Status.OK);
        assertThat(most.used()).isEqualTo(400_000);
        assertThat(most.usedShare()).isEqualTo(0.4);
        assertThat(named(limits, "backlog of tcp:default").status()).isEqualTo(Status.OK);
        assertThat(named(limits, "backlog of tls:default").fix())
                .isEqualTo("nightjar.listeners.tls.default.backlog = 32768");
    }

    @Test
    void a_million_connections_need_a_heap_below_the_size_where_pointers_double() {
        assertThat(Limits.heap(MILLION)).isBetween(4L << 30, 6L << 30);
        assertThat(limit("heap", MILLION, figures()).fix()).matches("NIGHTJAR_HEAP=\\d+m ops/nightjar start");
    }

    @Test
    void memory_counts_heap_and_kernel_together() {
        long needed = limit("memory", MILLION, figures()).needed();

        assertThat(needed).isGreaterThan(Limits.heap(MILLION) + MILLION * Limits.KERNEL_BYTES);
    }

    private static Limit limit(String name, long connections, Map<String, Long> figures) {
        return named(Limits.check(connections, new MachineFigures(figures, listeners())), name);
    }

    private static Limit named(List<Limit> limits, String name) {
        return limits.stream()
                .filter(limit -> limit.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<ListenerFigures> listeners() {
        return List.of(new ListenerFigures("tcp:default", "nightjar.listeners.tcp.default", 1024, MILLION, 0L));
    }

    private static Map<String, Long> figures() {
        Map<String, Long> figures = new HashMap<>();
        figures.put(MachineFigures.FILES_SOFT, 1024L);
        figures.put(MachineFigures.FILES_HARD, 4096L);
        figures.put(MachineFigures.FILES_OPEN, 200L);
        figures.put(MachineFigures.FILES_MACHINE, 700L);
        figures.put("fs.nr_open", 1_048_576L);
        figures.put("fs.file-max", 2_000_000L);
        figures.put("net.core.somaxconn", 4096L);
        figures.put("net.ipv4.tcp_max_syn_backlog", 2048L);
        figures.put("net.core.netdev_max_backlog", 1000L);
        figures.put("net.netfilter.nf_conntrack_max", 262_144L);
        figures.put(MachineFigures.TCP_MEMORY_HIGH, 575_796L);
        figures.put(MachineFigures.TASKS_MAX, 4096L);
        figures.put(MachineFigures.MEMORY_TOTAL, 24L << 30);
        figures.put(MachineFigures.HEAP_MAX, 6L << 30);
        figures.put(MachineFigures.DIRECT_MAX, 6L << 30);
        return figures;
    }
}
