package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.AddressFamily;
import io.netty.util.NetUtil;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Takes the PROXY header off the front of a connection: the client's address in it is the client's from then on. The
 * header must be there, and it may be sent only by addresses that the settings name. Takes itself out behind it.
 */
final class ProxyProtocol extends HAProxyMessageDecoder {
    private static final int MOST_EXTRAS_BYTES = 4096; // TLVs; a proxy that tells of TLS sends some hundred
    private static final byte[] V1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] V2 = "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);

    private final MqttChannel connection;
    private final Carrier carrier;
    private final ProxySettings settings;
    private byte @Nullable [] signature;
    private int matched;

    ProxyProtocol(MqttChannel connection, Carrier carrier, ProxySettings settings) {
        super(MOST_EXTRAS_BYTES);
        this.connection = connection;
        this.carrier = carrier;
        this.settings = settings;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ctx.pipeline().addAfter(ctx.name(), null, new Address());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.fireChannelActive();
        String address = Addresses.host(Addresses.remote(ctx.channel()));
        if (!settings.from().isEmpty() && settings.from().stream().noneMatch(range -> range.contains(address))) {
            fail(address + " is not in proxy-protocol-from of this listener, and it takes clients by a proxy only");
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (message instanceof ByteBuf in && !isSignature(in)) {
            String looksLike = matched > 0 ? FirstBytes.JUNK : looksLike(in);
            in.release();
            fail("the connection does not begin with a PROXY header but looks like " + looksLike);
            return;
        }
        super.channelRead(ctx, message);
    }

    /** Compares what came with how a header of the wanted version begins; the rest may come later. */
    private boolean isSignature(ByteBuf in) {
        byte[] wanted = signature;
        if (wanted == null && in.isReadable()) {
            wanted = in.getByte(in.readerIndex()) == V2[0] ? V2 : V1;
            signature = wanted;
        }
        if (wanted == null) {
            return true;
        }
        int compared = Math.min(wanted.length - matched, in.readableBytes());
        for (int i = 0; i < compared; i++) {
            if (in.getByte(in.readerIndex() + i) != wanted[matched + i]) {
                return false;
            }
        }
        matched += compared;
        return true;
    }

    private static String looksLike(ByteBuf in) {
        String word = FirstBytes.looksLike(in, in.readerIndex(), in.readableBytes());
        return word == null ? FirstBytes.JUNK : word;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable fault = cause instanceof HAProxyProtocolException ? cause : cause.getCause();
        if (fault instanceof HAProxyProtocolException) {
            Throwable root = fault.getCause() == null ? fault : fault.getCause();
            fail("the PROXY header is wrong: " + root.getMessage());
        } else if (fault instanceof IndexOutOfBoundsException) {
            fail("the PROXY header is wrong: a part of it says that it is longer than the header");
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }

    private void fail(String problem) {
        connection.endOnLoop(DisconnectReason.of(Detail.PROXY_PROTOCOL, "problem", problem));
    }

    /** Gets the header that was read. */
    private final class Address extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof HAProxyMessage header)) {
                ctx.fireChannelRead(message);
                return;
            }
            try {
                ctx.pipeline().remove(this);
                take(header, Addresses.remote(ctx.channel()));
            } finally {
                header.release();
            }
        }

        private void take(HAProxyMessage header, @Nullable InetSocketAddress socket) {
            boolean v2 = header.protocolVersion() == HAProxyProtocolVersion.V2;
            if (settings.versions() == (v2 ? ProxySettings.Versions.V1 : ProxySettings.Versions.V2)) {
                fail("the PROXY header is of version " + (v2 ? 2 : 1) + ", and this listener takes the other");
                return;
            }
            InetSocketAddress client = client(header);
            carrier.proxied(client, client == null || socket == null ? connection.peer() : Addresses.text(socket));
            connection.layerFinished();
        }

        /** Null if the header is about the proxy itself (a health check) or does not tell. */
        private static @Nullable InetSocketAddress client(HAProxyMessage header) {
            AddressFamily family = header.proxiedProtocol().addressFamily();
            boolean address = family == AddressFamily.AF_IPv4 || family == AddressFamily.AF_IPv6;
            if (header.command() != HAProxyCommand.PROXY || !address) {
                return null;
            }
            byte[] bytes = NetUtil.createByteArrayFromIpAddressString(header.sourceAddress());
            try {
                return bytes == null
                        ? null
                        : new InetSocketAddress(InetAddress.getByAddress(bytes), header.sourcePort());
            } catch (UnknownHostException neverOfThatLength) {
                return null;
            }
        }
    }
}
