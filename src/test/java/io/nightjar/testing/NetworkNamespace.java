package io.nightjar.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace of Linux with one wire to this one: a host of its own, whose packets can be lost. Needs root,
 * iproute2 and iptables; {@link #missing} tells what lacks. Addresses are of 198.18.0.0/15, which is kept for tests.
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final String CLIENT_MAC = "02:6e:6a:00:00:02";

    private final String name;
    private final String wire;
    private final String near;
    private final String far;

    private NetworkNamespace(int number) {
        this.name = "nightjar-test-" + number;
        this.wire = "njt" + number;
        this.near = "198.18." + number / 64 + "." + (number % 64 * 4 + 1);
        this.far = "198.18." + number / 64 + "." + (number % 64 * 4 + 2);
    }

    /** Why there can be none here, or null. */
    public static @Nullable String missing() {
        try (NetworkNamespace tried = create()) {
            tried.loseAll();
            return null;
        } catch (RuntimeException e) {
            return "network namespaces need root, iproute2 and iptables: " + e.getMessage();
        }
    }

    public static NetworkNamespace create() {
        NetworkNamespace made = new NetworkNamespace(ThreadLocalRandom.current().nextInt(256 * 64));
        try {
            made.make();
            return made;
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private void make() {
        run("ip", "netns", "add", name);
        run("ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "address", CLIENT_MAC, "netns", name);
        run("ip", "address", "add", near + "/30", "dev", wire);
        run("ip", "link", "set", wire, "up");
        inside("ip", "address", "add", far + "/30", "dev", "eth0");
        inside("ip", "link", "set", "eth0", "up");
    }

    /** Ends this host with all it knew, and starts it anew with the same addresses, as after a loss of power. */
    public void restart() {
        close();
        make();
    }

    /** Address of this end of the wire. */
    public String near() {
        return near;
    }

    /** Address of the host in there. */
    public String far() {
        return far;
    }

    /** From now on every packet to and from it is lost. */
    public void loseAll() {
        inside("iptables", "-w", "-A", "INPUT", "-j", "DROP");
        inside("iptables", "-w", "-A", "OUTPUT", "-j", "DROP");
    }

    /** From now on it answers every TCP packet with RST, as a NAT or firewall does that forgot the connection. */
    public void forgetConnections() {
        inside("iptables", "-w", "-A", "INPUT", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset");
    }

    /** Clients in there, connected and subscribed. */
    public NamespaceClient.Running client(int port, String clientId, int count, int keepAliveSeconds, String... login) {
        String classes = Path.of(URI.create(NamespaceClient.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString()))
                .toString();
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", classes));
        command.addAll(List.of(NamespaceClient.class.getName(), near, Integer.toString(port), clientId));
        command.addAll(List.of(Integer.toString(count), Integer.toString(keepAliveSeconds)));
        command.addAll(List.of(login));
        return new NamespaceClient.Running(command);
    }

    private void inside(String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", name));
        whole.addAll(List.of(command));
        run(whole.toArray(String[]::new));
    }

    /** Runs a program to its end and gives what it said; fails unless it succeeds. */
    public static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(String.join(" ", command) + " failed: " + said);
            }
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Takes it and its wire away; what is in there keeps its sockets until it ends. */
    @Override
    public void close() {
        for (String[] command : new String[][] {{"ip", "link", "delete", wire}, {"ip", "netns", "delete", name}}) {
            try {
                run(command);
            } catch (RuntimeException e) {
                // It was not there.
            }
        }
    }
}
