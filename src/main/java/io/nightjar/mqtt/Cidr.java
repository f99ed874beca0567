package io.nightjar.mqtt;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A range of IP addresses: {@code 10.0.0.0/8}, {@code fd00::/8}, or one address alone. Never asks a name server. */
public final class Cidr {
    private static final Pattern LITERAL =
            Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|(?=.*:.*:)[0-9A-Fa-f:]{2,39}(\\d{1,3}(\\.\\d{1,3}){3})?");
    private static final Pattern PREFIX = Pattern.compile("\\d{1,3}");

    private final String text;
    private final byte[] network;
    private final int prefixBits;

    private Cidr(String text, byte[] network, int prefixBits) {
        this.text = text;
        this.network = network;
        this.prefixBits = prefixBits;
    }

    /** The range, or null if this text is none. */
    public static @Nullable Cidr parse(String text) {
        int slash = text.indexOf('/');
        byte[] network = bytes(slash < 0 ? text : text.substring(0, slash));
        if (network == null) {
            return null;
        }
        int bits = network.length * 8;
        if (slash >= 0) {
            String prefix = text.substring(slash + 1);
            if (!PREFIX.matcher(prefix).matches() || Integer.parseInt(prefix) > bits) {
                return null;
            }
            bits = Integer.parseInt(prefix);
        }
        return new Cidr(text, network, bits);
    }

    /** Whether an address, IPv4 or IPv6 as text without port, lies in this range. */
    public boolean contains(String address) {
        byte[] bytes = bytes(address);
        return bytes != null && contains(bytes, 0, bytes.length);
    }

    /** Whether the address in these bytes, 4 or 16 of them, lies in this range. */
    public boolean contains(byte[] bytes, int from, int length) {
        if (length != network.length) {
            return false;
        }
        int whole = prefixBits / 8;
        for (int i = 0; i < whole; i++) {
            if (bytes[from + i] != network[i]) {
                return false;
            }
        }
        int rest = prefixBits % 8;
        return rest == 0 || ((bytes[from + whole] ^ network[whole]) & 0xFF) >> (8 - rest) == 0;
    }

    /**
     * The network that neighbours of an address share as far as anybody can tell: its /24, or its /64 for IPv6; as text
     * that {@link #parse} takes, or null if the text is no address.
     */
    public static @Nullable String neighbours(String address) {
        byte[] bytes = bytes(address);
        if (bytes == null) {
            return null;
        } else if (bytes.length == 4) {
            return (bytes[0] & 0xFF) + "." + (bytes[1] & 0xFF) + "." + (bytes[2] & 0xFF) + ".0/24";
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i += 2) {
            text.append(Integer.toHexString((bytes[i] & 0xFF) << 8 | bytes[i + 1] & 0xFF))
                    .append(':');
        }
        return text.append(":/64").toString();
    }

    private static byte @Nullable [] bytes(String address) {
        int zone = address.indexOf('%'); // fe80::1%eth0
        String literal = zone < 0 ? address : address.substring(0, zone);
        if (!LITERAL.matcher(literal).matches()) {
            return null;
        }
        try {
            return InetAddress.getByName(literal).getAddress(); // IPv4 in IPv6 (::ffff:a.b.c.d) becomes IPv4
        } catch (UnknownHostException notAnAddress) {
            return null;
        }
    }

    /** Whether both hold the same addresses, however they are written. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Cidr that
                && prefixBits == that.prefixBits
                && contains(that.network, 0, that.network.length);
    }

    @Override
    public int hashCode() {
        int hash = prefixBits;
        for (int i = 0; i < prefixBits / 8; i++) {
            hash = hash * 31 + network[i];
        }
        return hash;
    }

    @Override
    public String toString() {
        return text;
    }
}
