/**
 * What actors say to each other, its form on the wire between nodes, and the ports between the rooms above: a socket
 * sees a session as {@link io.nightjar.message.SessionLink}, a session sees a socket as
 * {@link io.nightjar.message.Connection}, and neither can tell whether the other is on its node.
 *
 * <p><b>The wire form is written by hand</b> ({@link io.nightjar.message.Wire},
 * {@link io.nightjar.message.WirePackets}, {@link io.nightjar.message.WireCommands}), since these values cross between
 * nodes once for every message. Measured from node to node on one core each: 312,000 messages a second with Jackson
 * CBOR, 429,000 by hand, 2.35 million by hand in batches of 64 (0.42 us and 0.36 us of CPU on the two sides). What is
 * rare and read by people ({@link io.nightjar.message.ControlMessage}: traces) is CBOR all the same.
 *
 * <p><b>Its rules.</b> One version byte first. Numbers are groups of seven bits, lowest first, so that no byte order is
 * involved: Artery uses its little-endian buffers again, and a serializer that sets another order corrupts the headers of
 * other messages. Enums of the standard travel as the standard's numbers, our own as their names: two versions of
 * Nightjar in one cluster understand each other in what they share. Lengths are checked against the bytes that are left
 * before anything is allocated. Whatever does not fit is a {@link java.io.NotSerializableException}: that one message is
 * lost and counted, the connection between the nodes stays.
 *
 * <p><b>Frozen.</b> {@link io.nightjar.message.SessionKey} says where a ClientID lives. Changing it, or the meaning of a
 * number in the wire form, needs a stop of the whole cluster; adding a kind at the end of a list does not.
 */
@NullMarked
package io.nightjar.message;

import org.jspecify.annotations.NullMarked;
