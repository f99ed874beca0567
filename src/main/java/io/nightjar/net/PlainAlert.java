package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Stands before TLS while the handshake lasts and sees an alert that the client sends in the clear. Clients built on
 * OpenSSL (mosquitto, most devices) do so in TLS 1.3 when they refuse our certificate; a server that decrypts already
 * finds nothing but a record that it cannot read [RFC 8446, 6 and D.4].
 */
final class PlainAlert extends ChannelInboundHandlerAdapter {
    private static final int ALERT = 0x15;
    private static final int HEADER_BYTES = 5;
    private static final int ALERT_BYTES = 2;

    private @Nullable String alert;

    /** Bytes of the record under way that are still to come, or -1 when its length was cut and count is lost. */
    private int rest;

    /** The client's alert by its name, or null. */
    @Nullable
    String alert() {
        return alert;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf in) {
            look(in);
        }
        ctx.fireChannelRead(message);
    }

    private void look(ByteBuf in) {
        int index = in.readerIndex();
        int end = in.writerIndex();
        while (rest >= 0 && end - index > rest) {
            index += rest;
            rest = 0;
            if (end - index < HEADER_BYTES) {
                rest = -1;
                return;
            }
            int length = in.getUnsignedShort(index + 3);
            boolean whole = end - index >= HEADER_BYTES + ALERT_BYTES;
            if (in.getUnsignedByte(index) == ALERT && length == ALERT_BYTES && whole) {
                alert = name(in.getUnsignedByte(index + HEADER_BYTES + 1));
            }
            rest = HEADER_BYTES + length;
        }
        rest -= rest < 0 ? 0 : end - index;
    }

    /** As RFC 8446 and RFC 5246 name it. */
    private static String name(int description) {
        return switch (description) {
            case 0 -> "close_notify";
            case 10 -> "unexpected_message";
            case 20 -> "bad_record_mac";
            case 22 -> "record_overflow";
            case 40 -> "handshake_failure";
            case 42 -> "bad_certificate";
            case 43 -> "unsupported_certificate";
            case 44 -> "certificate_revoked";
            case 45 -> "certificate_expired";
            case 46 -> "certificate_unknown";
            case 47 -> "illegal_parameter";
            case 48 -> "unknown_ca";
            case 49 -> "access_denied";
            case 50 -> "decode_error";
            case 51 -> "decrypt_error";
            case 70 -> "protocol_version";
            case 71 -> "insufficient_security";
            case 80 -> "internal_error";
            case 86 -> "inappropriate_fallback";
            case 90 -> "user_canceled";
            case 109 -> "missing_extension";
            case 110 -> "unsupported_extension";
            case 112 -> "unrecognized_name";
            case 116 -> "certificate_required";
            case 120 -> "no_application_protocol";
            default -> "alert " + description;
        };
    }
}
