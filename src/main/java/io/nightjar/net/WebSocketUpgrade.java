package io.nightjar.net;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * From the first byte to a WebSocket: answers the upgrade request and then takes itself and the HTTP decoder out, so
 * that an open connection keeps nothing of it. What is refused is told in an HTTP answer and ends the connection with
 * {@code websocket_handshake}.
 *
 * <p>Owned by the channel's event loop.
 */
final class WebSocketUpgrade extends ChannelInboundHandlerAdapter implements Envelope {
    private final MqttChannel connection;
    private final WebSocketSettings settings;
    private final UpgradeDecoder decoder;
    private @Nullable ChannelHandlerContext context;
    private @Nullable UpgradeRequest accepted;
    private @Nullable HttpResponseStatus refusal;
    private String problem = "";
    private boolean answered;

    WebSocketUpgrade(MqttChannel connection, WebSocketSettings settings) {
        this.connection = connection;
        this.settings = settings;
        this.decoder = new UpgradeDecoder(this, settings.maxHeaderBytes());
    }

    /** The handler before this one. */
    UpgradeDecoder decoder() {
        return decoder;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (answered || !ctx.channel().isActive()) {
                return; // what comes behind a refusal, or behind a request that its end cut short
            } else if (message instanceof HttpRequest request) {
                requested(request);
            } else if (message instanceof LastHttpContent && accepted != null) {
                upgrade(ctx, accepted);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void requested(HttpRequest request) {
        UpgradeRequest upgrade = new UpgradeRequest(request, settings);
        Throwable unreadable = request.decoderResult().cause();
        if (unreadable instanceof TooLongHttpLineException) {
            refuse(HttpResponseStatus.REQUEST_URI_TOO_LONG, tooLong("request line"), upgrade);
        } else if (unreadable instanceof TooLongFrameException) {
            refuse(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, tooLong("header"), upgrade);
        } else if (unreadable != null) {
            refuse(HttpResponseStatus.BAD_REQUEST, "the request is not HTTP/1.1 as it should be", upgrade);
        } else if (upgrade.problem() != null) {
            refuse(upgrade.status(), upgrade.problem(), upgrade);
        } else {
            accepted = upgrade;
        }
    }

    private String tooLong(String what) {
        return "the " + what + " is longer than " + limit("max-header", settings.maxHeaderBytes());
    }

    private String limit(String name, Object value) {
        return connection.listener.key() + ".websocket." + name + "=" + value;
    }

    private void refuse(HttpResponseStatus status, String why, UpgradeRequest request) {
        refusal = status;
        problem = why;
        connection.endOnLoop(request.describe(DisconnectReason.of(
                Detail.WEBSOCKET_HANDSHAKE, "problem", why, "http_status", Integer.toString(status.code()))));
    }

    /** The first bytes are of another protocol, which would not understand an answer in HTTP. */
    void notHttp(String looksLike) {
        answered = !looksLike.equals(FirstBytes.JUNK);
        refusal = HttpResponseStatus.BAD_REQUEST;
        problem = "this is not HTTP but looks like " + looksLike;
        boolean tls = looksLike.equals("tls");
        connection.endOnLoop(DisconnectReason.of(
                tls ? Detail.NOT_MQTT : Detail.WEBSOCKET_HANDSHAKE, "problem", problem, "looks_like", looksLike));
    }

    private void upgrade(ChannelHandlerContext ctx, UpgradeRequest request) {
        answered = true;
        String answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + request.acceptKey() + "\r\n"
                + "Sec-WebSocket-Protocol: " + request.subprotocol() + "\r\n\r\n";
        ctx.writeAndFlush(ByteBufUtil.writeAscii(ctx.alloc(), answer), ctx.voidPromise());
        WebSocketFrames frames = new WebSocketFrames(connection, settings);
        connection.envelope(frames);
        ctx.pipeline().replace(this, null, frames);
        ctx.pipeline().remove(decoder); // hands on what the client sent behind its request
    }

    // ---- the end before there is a WebSocket

    @Override
    public @Nullable DisconnectReason overdue(String limit) {
        if (!decoder.hasBegun()) {
            return null;
        }
        refusal = HttpResponseStatus.REQUEST_TIMEOUT;
        problem = "no whole upgrade request came in time";
        return DisconnectReason.of(Detail.WEBSOCKET_HANDSHAKE, "problem", problem, "limit", limit);
    }

    @Override
    public @Nullable ChannelFuture goodbye(DisconnectReason reason) {
        ChannelHandlerContext ctx = context;
        if (answered || ctx == null) {
            return null;
        }
        answered = true;
        HttpResponseStatus status = refusal;
        if (status == null && !decoder.hasBegun()) {
            return null;
        } else if (status == null) {
            status = HttpResponseStatus.SERVICE_UNAVAILABLE;
            problem = "the server ended the connection: " + reason.detail().word();
        }
        byte[] body = ("This port speaks MQTT over WebSocket: path " + settings.path()
                        + ", subprotocol mqtt.\nThis request was refused: " + problem + "\n")
                .getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + status + "\r\n" + extra(status)
                + "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: "
                + body.length + "\r\nConnection: close\r\n\r\n";
        return ctx.writeAndFlush(ByteBufUtil.writeAscii(ctx.alloc(), head).writeBytes(body));
    }

    private static String extra(HttpResponseStatus status) {
        if (status.equals(HttpResponseStatus.UPGRADE_REQUIRED)) {
            return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
        }
        return status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED) ? "Allow: GET\r\n" : "";
    }
}
