package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import io.nightjar.connection.KeepAlive;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Packet;
import org.jspecify.annotations.Nullable;

/**
 * The way in of one connection: bytes become packets one after the other, as far as the connection may read; the rest
 * waits here. No buffer is held while nothing waits. Owned by the channel's event loop.
 */
final class Inbound {
    private final MqttChannel connection;
    private boolean reading;
    private boolean paused;

    /** Reading was paused since the last packet came. */
    private boolean held;

    private @Nullable ByteBuf unread;

    Inbound(MqttChannel connection) {
        this.connection = connection;
    }

    /** Bytes came from the socket. */
    void read(ByteBuf in) {
        if (connection.isOver()) {
            in.release();
            return;
        }
        reading = true;
        LoopClock.newTurn();
        if (paused) {
            connection.channel.config().setAutoRead(false); // more than this is not kept
        }
        ByteBuf before = unread;
        unread = null;
        decode(before == null ? in : append(before, in));
    }

    void readComplete() {
        reading = false;
    }

    /** Takes packets from the bytes until they end, a packet is cut, or the connection may not read on. */
    private void decode(ByteBuf in) {
        int packets = 0;
        int start = in.readerIndex();
        try {
            while (in.isReadable() && connection.mayRead()) {
                int before = in.readerIndex();
                Packet packet = connection.decoder.decode(in);
                if (packet == null) {
                    break;
                }
                packets++;
                connection.context.counters().received(packet);
                long now = connection.context.clock().millis();
                if (KeepAlive.isNearMiss(now - connection.traffic.lastInMillis(), connection.keepAliveSeconds)) {
                    nearMiss(now - connection.traffic.lastInMillis());
                }
                held = false;
                connection.traffic.received(packet.type(), PacketIds.of(packet), in.readerIndex() - before, now);
                if (packet instanceof Packet.Publish publish) {
                    connection.traffic.messageIn(publish.qos());
                    if (connection.context.backpressure().isCongested()) {
                        pauseUntilRelief();
                    }
                }
                connection.received(packet);
            }
        } catch (DecodeException e) {
            connection.undecodable(in, e);
        } catch (RuntimeException e) {
            connection.failed(e);
        } finally {
            count(packets, in.readerIndex() - start);
            keepRest(in);
        }
    }

    /** The client was silent nearly too long; not if it was us who did not listen. */
    private void nearMiss(long silentMillis) {
        if (!held && connection.session != null) {
            connection
                    .context
                    .recorder()
                    .nearMiss(
                            connection.context.wall().millis(),
                            String.valueOf(connection.clientId),
                            connection.peer(),
                            silentMillis,
                            connection.keepAliveSeconds);
        }
    }

    /** Counts for the node, once for all packets of a read: it may bring hundreds. */
    private void count(int packets, long bytes) {
        if (packets > 0) {
            connection.context.counters().add(Counter.PACKETS_RECEIVED, packets);
            connection.context.counters().add(Counter.BYTES_RECEIVED, bytes);
        }
    }

    private void keepRest(ByteBuf in) {
        if (!connection.isOver() && in.isReadable()) {
            unread = in;
        } else {
            in.release();
        }
    }

    private static ByteBuf append(ByteBuf first, ByteBuf second) {
        int needed = second.readableBytes();
        if (first.refCnt() == 1 && first.maxWritableBytes() >= needed) {
            if (first.writableBytes() < needed && first.readerIndex() > 0) {
                first.discardReadBytes();
            }
            first.writeBytes(second);
            second.release();
            return first;
        }
        ByteBuf both = first.alloc().ioBuffer((first.readableBytes() + needed) * 2);
        both.writeBytes(first).writeBytes(second);
        first.release();
        second.release();
        return both;
    }

    /**
     * Takes no packets until somebody says so, which will be soon: the socket is left alone unless more comes, since most
     * clients wait for their CONNACK. Two calls of the kernel less for each CONNECT.
     */
    void hold() {
        paused = true;
        held = true;
    }

    /** Stops reading until somebody says so. */
    void pause() {
        hold();
        connection.channel.config().setAutoRead(false);
    }

    private void pauseUntilRelief() {
        pause();
        connection
                .context
                .backpressure()
                .onRelief(() -> connection.channel.eventLoop().execute(connection::resume));
    }

    /** Reads on: first what is here already, then the socket if there is {@code more} to come from it. */
    void resume(boolean more) {
        paused = false;
        if (more) {
            connection.channel.config().setAutoRead(true);
        }
        ByteBuf rest = unread;
        if (rest != null) {
            unread = null;
            decode(rest);
            connection.outbound.flushSoon();
        }
    }

    /** Whether a read of the socket goes on: what is written meanwhile leaves at its end. */
    boolean isReading() {
        return reading;
    }

    /** Whether nothing is read until somebody says so. */
    boolean isPaused() {
        return paused;
    }

    /** What came and was not decoded yet, or null; stays this object's. */
    @Nullable
    ByteBuf unread() {
        return unread;
    }

    /** Bytes that came and were not decoded yet. */
    int waiting() {
        return unread == null ? 0 : unread.readableBytes();
    }

    /** First of those bytes, or -1. */
    int waitingByte() {
        return unread == null ? -1 : unread.getUnsignedByte(unread.readerIndex());
    }

    /** Gives back what will not be decoded any more. */
    void release() {
        if (unread != null) {
            unread.release();
            unread = null;
        }
    }
}
