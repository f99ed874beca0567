package io.nightjar.net;

import java.net.InetSocketAddress;

/** Addresses as text. */
final class Addresses {
    private Addresses() {}

    /** IP address without port; an IPv6 zone is left out. */
    static String host(InetSocketAddress address) {
        String text = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    /** {@code ip:port}; an IPv6 address stands in brackets. */
    static String text(InetSocketAddress address) {
        String host = host(address);
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
