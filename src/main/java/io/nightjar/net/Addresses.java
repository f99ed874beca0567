package io.nightjar.net;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Addresses as text. */
final class Addresses {
    /** Who connects from this JVM: the loopback, and no port. */
    private static final InetSocketAddress IN_PROCESS = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private Addresses() {}

    /** The other end of a channel. */
    static InetSocketAddress remote(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress remote ? remote : IN_PROCESS;
    }

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
