package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import org.jspecify.annotations.Nullable;

/**
 * WebSocket frames on one side, the plain bytes of MQTT on the other: where a frame ends says nothing about where a
 * packet ends [5.0/6.0.0-2].
 *
 * <p>Payload is unmasked where it lies and moved together over the headers of its frames, so that one read from the
 * socket is one buffer for {@link MqttChannel}, without a copy and however many frames it had. Nothing is collected but
 * the payload of a control frame (125 bytes at most): a frame may be larger than any packet, and what a packet may have
 * is decided where packets are decoded. The way out puts a header of at most {@link #HEADROOM} bytes in front.
 *
 * <p>Owned by the channel's event loop.
 */
final class WebSocketFrames extends ChannelDuplexHandler implements Envelope {
    /** Bytes of the longest header without a mask. */
    static final int HEADROOM = 10;

    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final byte[] NO_PAYLOAD = {};

    private enum Step {
        FIRST_BYTE,
        SECOND_BYTE,
        LONG_LENGTH,
        MASK,
        PAYLOAD
    }

    private final MqttChannel connection;
    private final WebSocketSettings settings;
    private @Nullable ChannelHandlerContext context;

    // The frame that is being read.
    private Step step = Step.FIRST_BYTE;
    private byte first;
    private byte headerBytesLeft;
    private int leastLength; // that its form of the length is for
    private int mask;
    private long payloadLeft;
    private byte @Nullable [] control;

    private boolean fragmented;
    private boolean deaf; // after a close frame or a violation nothing counts any more
    private boolean closeSent;
    private boolean unflushed;
    private int closeCode; // of our close frame where the reason alone does not tell; 0 = the reason tells
    private byte @Nullable [] unansweredPing;
    private @Nullable DisconnectReason end; // found while reading; takes effect behind the bytes before it
    private long lastReadMillis;
    private long pingedMillis;

    WebSocketFrames(MqttChannel connection, WebSocketSettings settings) {
        this.connection = connection;
        this.settings = settings;
        this.lastReadMillis = connection.context.clock().millis();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    // ---- in

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        lastReadMillis = connection.context.clock().millis();
        pingedMillis = 0;
        int start = in.readerIndex();
        int to = start;
        while (!deaf && (in.isReadable() || step == Step.PAYLOAD && payloadLeft == 0)) {
            if (step != Step.PAYLOAD) {
                header(in.readUnsignedByte());
            } else if (WebSocketRules.isControl(opcode())) {
                control(ctx, in);
            } else {
                to = unmask(in, to);
                endOfFrame();
            }
        }
        in.setIndex(start, to);
        if (to > start) {
            ctx.fireChannelRead(in);
        } else {
            in.release();
        }
        endIfFound();
    }

    /** What was sent before a close frame or a violation is heard first. */
    private void endIfFound() {
        DisconnectReason reason = end;
        if (reason != null) {
            end = null;
            if (reason.detail() == Detail.PEER_FIN || reason.detail() == Detail.WEBSOCKET_CLOSED) {
                connection.peerClosed(reason);
            } else {
                connection.endOnLoop(reason);
            }
        }
    }

    private int opcode() {
        return first & 0x0F;
    }

    private void header(int next) {
        switch (step) {
            case FIRST_BYTE -> {
                first = (byte) next;
                step = Step.SECOND_BYTE;
                violated(WebSocketRules.firstByte(next, fragmented));
            }
            case SECOND_BYTE -> secondByte(next);
            case LONG_LENGTH -> {
                payloadLeft = payloadLeft << 8 | next;
                if (--headerBytesLeft == 0) {
                    lengthKnown();
                }
            }
            case MASK -> {
                mask = mask << 8 | next;
                if (--headerBytesLeft == 0) {
                    step = Step.PAYLOAD;
                }
            }
            case PAYLOAD -> throw new IllegalStateException("the header is over");
        }
    }

    private void secondByte(int next) {
        int length = next & 0x7F;
        payloadLeft = length;
        leastLength = 0;
        if ((next & MASKED) == 0) {
            violated(WebSocketRules.UNMASKED);
        } else if (length < 126) {
            lengthKnown();
        } else if (WebSocketRules.isControl(opcode())) {
            violated(WebSocketRules.LONG_CONTROL);
        } else {
            payloadLeft = 0;
            leastLength = length == 126 ? 126 : 0x1_0000;
            headerBytesLeft = (byte) (length == 126 ? 2 : 8);
            step = Step.LONG_LENGTH;
        }
    }

    private void lengthKnown() {
        headerBytesLeft = 4;
        step = Step.MASK;
        if (payloadLeft < leastLength) {
            violated(WebSocketRules.LENGTH);
        } else if (payloadLeft > settings.maxFrameBytes()) {
            closeCode = WebSocketRules.TOO_BIG;
            deaf = true;
            end = DisconnectReason.of(
                    Detail.PACKET_TOO_LARGE,
                    "problem",
                    "a WebSocket frame of " + payloadLeft + " bytes",
                    "limit",
                    connection.listener.key() + ".websocket.max-frame=" + settings.maxFrameBytes());
        }
    }

    private void violated(WebSocketRules.@Nullable Violation violation) {
        if (violation != null) {
            deaf = true;
            closeCode = violation.closeCode();
            end = violation.reason(connection.decoder.version());
        }
    }

    /** Unmasks what is here of the payload and moves it to an index before; the new end of what was moved. */
    private int unmask(ByteBuf in, int to) {
        int from = in.readerIndex();
        int length = (int) Math.min(payloadLeft, in.readableBytes());
        long mask8 = (mask & 0xFFFF_FFFFL) << 32 | mask & 0xFFFF_FFFFL;
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            in.setLong(to + i, in.getLong(from + i) ^ mask8);
        }
        for (; i < length; i++) {
            in.setByte(to + i, in.getByte(from + i) ^ mask >>> 24 - 8 * (i & 3));
        }
        mask = Integer.rotateLeft(mask, 8 * (length & 3));
        payloadLeft -= length;
        in.readerIndex(from + length);
        return to + length;
    }

    private void endOfFrame() {
        if (payloadLeft == 0) {
            step = Step.FIRST_BYTE;
            if (!WebSocketRules.isControl(opcode())) {
                fragmented = (first & FIN) == 0;
            }
        }
    }

    private void control(ChannelHandlerContext ctx, ByteBuf in) {
        byte[] payload = control;
        if (payload == null) {
            payload = new byte[(int) payloadLeft];
            control = payload;
        }
        int from = in.readerIndex();
        int done = payload.length - (int) payloadLeft;
        int length = unmask(in, from) - from;
        in.getBytes(from, payload, done, length);
        if (payloadLeft == 0) {
            control = null;
            endOfFrame();
            if (opcode() == WebSocketRules.PING) {
                pong(ctx, payload);
            } else if (opcode() == WebSocketRules.CLOSE) {
                closed(payload);
            }
        }
    }

    /** The latest is enough [RFC 6455 5.5.3]: while the client does not read, earlier ones are forgotten. */
    private void pong(ChannelHandlerContext ctx, byte[] payload) {
        if (closeSent) {
            return;
        } else if (ctx.channel().isWritable()) {
            ctx.write(frame(ctx, WebSocketRules.PONG, payload), ctx.voidPromise());
            unflushed = true;
        } else {
            unansweredPing = payload;
        }
    }

    private void closed(byte[] payload) {
        deaf = true;
        if (closeSent) {
            connection.channel.close(); // both have said it
            return;
        }
        WebSocketRules.Close close = WebSocketRules.Close.of(payload);
        closeCode = close.answer();
        end = close.reason(connection.decoder.version());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (unflushed) {
            unflushed = false;
            ctx.flush();
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        byte[] ping = unansweredPing;
        if (ping != null && ctx.channel().isWritable()) {
            unansweredPing = null;
            pong(ctx, ping);
            unflushed = false;
            ctx.flush();
        }
        ctx.fireChannelWritabilityChanged();
    }

    // ---- out

    @Override
    public int headroom() {
        return HEADROOM;
    }

    /** One binary frame for what one turn of the loop had to say [5.0/6.0.0-1]. */
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ByteBuf out = (ByteBuf) message;
        int size = out.readableBytes();
        int header = size < 126 ? 2 : size <= 0xFFFF ? 4 : 10;
        int at = out.readerIndex() - header;
        if (at >= 0) {
            header(out, at, size);
            out.readerIndex(at);
            ctx.write(out, promise);
        } else {
            ByteBuf alone = ctx.alloc().ioBuffer(header);
            header(alone, 0, size);
            ctx.write(alone.writerIndex(header), ctx.voidPromise());
            ctx.write(out, promise);
        }
    }

    private static void header(ByteBuf out, int at, int size) {
        out.setByte(at, FIN | WebSocketRules.BINARY);
        if (size < 126) {
            out.setByte(at + 1, size);
        } else if (size <= 0xFFFF) {
            out.setByte(at + 1, 126).setShort(at + 2, size);
        } else {
            out.setByte(at + 1, 127).setLong(at + 2, size);
        }
    }

    private static ByteBuf frame(ChannelHandlerContext ctx, int opcode, byte[] payload) {
        return ctx.alloc()
                .ioBuffer(2 + payload.length)
                .writeByte(FIN | opcode)
                .writeByte(payload.length)
                .writeBytes(payload);
    }

    @Override
    public @Nullable ChannelFuture goodbye(DisconnectReason reason) {
        ChannelHandlerContext ctx = context;
        if (closeSent || ctx == null) {
            return null;
        }
        closeSent = true;
        byte[] payload = WebSocketRules.closePayload(closeCode, reason);
        return ctx.writeAndFlush(frame(ctx, WebSocketRules.CLOSE, payload));
    }

    // ---- signs of life

    @Override
    public long deadlineMillis() {
        if (settings.pingIntervalMillis() == 0) {
            return Long.MAX_VALUE;
        }
        return pingedMillis == 0
                ? lastReadMillis + settings.pingIntervalMillis()
                : pingedMillis + settings.pongTimeoutMillis();
    }

    @Override
    public void deadlinePassed(long nowMillis) {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        } else if (!ctx.channel().isWritable() || !ctx.channel().config().isAutoRead()) {
            // A ping would wait behind the rest, or its pong would: the time begins anew. Who never reads is a slow
            // consumer.
            lastReadMillis = nowMillis;
            pingedMillis = 0;
        } else if (pingedMillis == 0) {
            pingedMillis = nowMillis;
            ctx.writeAndFlush(frame(ctx, WebSocketRules.PING, NO_PAYLOAD), ctx.voidPromise());
        } else {
            connection.endOnLoop(DisconnectReason.of(
                    Detail.PONG_TIMEOUT,
                    "limit",
                    connection.listener.key() + ".websocket.pong-timeout=" + settings.pongTimeoutMillis() + "ms",
                    "silent_ms",
                    Long.toString(nowMillis - lastReadMillis)));
        }
    }
}
