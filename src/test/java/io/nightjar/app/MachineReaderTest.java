package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.limits.MachineFigures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class MachineReaderTest {
    @TempDir
    Path root;

    @Test
    void reads_the_files_of_linux() throws IOException {
        file("proc/sys/fs/nr_open", "1048576\n");
        file("proc/sys/fs/file-max", "9223372036854775807\n");
        file("proc/sys/fs/file-nr", "534\t0\t2466160\n");
        file("proc/sys/net/core/somaxconn", "4096\n");
        file("proc/sys/net/netfilter/nf_conntrack_max", "262144\n");
        file("proc/sys/net/netfilter/nf_conntrack_count", "77\n");
        file("proc/sys/net/ipv4/tcp_mem", "287898\t383865\t575796\n");
        file("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
        file(
                "proc/self/limits",
                "Limit                     Soft Limit           Hard Limit           Units     \n"
                        + "Max processes             95000                unlimited            processes \n"
                        + "Max open files            1024                 unlimited            files     \n");
        file("proc/net/sockstat", "sockets: used 15\nTCP: inuse 1 orphan 0 tw 3 alloc 1 mem 42\nUDP: inuse 0 mem 0\n");
        file(
                "proc/net/netstat",
                "TcpExt: TW ListenOverflows ListenDrops TCPReqQFullDrop\nTcpExt: 9 5 6 7\n"
                        + "IpExt: InNoRoutes\nIpExt: 1\n");
        file("sys/fs/cgroup/pids.max", "max\n");

        MachineFigures figures = new MachineReader(root, () -> -1).read(List.of());

        assertThat(figures.get("fs.nr_open")).isEqualTo(1_048_576);
        assertThat(figures.get("fs.file-max")).isEqualTo(Long.MAX_VALUE);
        assertThat(figures.get(MachineFigures.FILES_MACHINE)).isEqualTo(534);
        assertThat(figures.get(MachineFigures.FILES_SOFT)).isEqualTo(1024);
        assertThat(figures.get(MachineFigures.FILES_HARD)).isEqualTo(Long.MAX_VALUE);
        assertThat(figures.get("net.core.somaxconn")).isEqualTo(4096);
        assertThat(figures.get(MachineFigures.CONNTRACK_USED)).isEqualTo(77);
        assertThat(figures.get(MachineFigures.TCP_MEMORY_HIGH)).isEqualTo(575_796);
        assertThat(figures.get(MachineFigures.TCP_MEMORY_USED)).isEqualTo(42);
        assertThat(figures.get(MachineFigures.PORTS)).isEqualTo(28_232);
        assertThat(figures.get(MachineFigures.ACCEPT_OVERFLOWS)).isEqualTo(5);
        assertThat(figures.get(MachineFigures.SYN_OVERFLOWS)).isEqualTo(7);
        assertThat(figures.get(MachineFigures.TASKS_MAX)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void what_is_not_there_or_is_no_number_is_absent() throws IOException {
        file("proc/sys/net/core/somaxconn", "many\n");
        file("proc/net/netstat", "TcpExt: TW\n");

        MachineFigures figures = new MachineReader(root, () -> -1).read(List.of());

        assertThat(figures.get("net.core.somaxconn")).isNull();
        assertThat(figures.get("fs.nr_open")).isNull();
        assertThat(figures.get(MachineFigures.FILES_OPEN)).isNull();
        assertThat(figures.get(MachineFigures.HEAP_MAX)).isPositive();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void the_machine_that_runs_this_test_has_descriptors_and_some_are_open() {
        MachineFigures figures = new MachineReader().read(List.of());

        assertThat(figures.get(MachineFigures.FILES_OPEN)).isBetween(3L, figures.get(MachineFigures.FILES_HARD));
        assertThat(figures.get(MachineFigures.MEMORY_TOTAL)).isPositive();
    }

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
