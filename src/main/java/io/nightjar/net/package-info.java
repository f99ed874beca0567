/**
 * Netty: listeners, TLS, WebSocket, the PROXY protocol, the codec and the handler that is one Network Connection.
 *
 * <p>Floor 4, the only room with Netty types. The decision that shaped it: our own codec straight between bytes and
 * {@link io.nightjar.mqtt.Packet} records. A small message echoed through the whole stack took 5.1 us of CPU with it
 * and 5.6 us with netty-codec-mqtt (0.45 and 0.71 us with 16 in flight), and 440 bytes less heap for each connection;
 * and only our own decoder can name the packet, the field and the byte that was wrong, and the statement it breaks,
 * which is what the reasons {@code malformed_packet} and {@code protocol_error} are made of.
 *
 * <p>{@link io.nightjar.net.PacketDecoder} reads, {@link io.nightjar.net.PacketEncoder} writes, {@link
 * io.nightjar.net.Rule} lists every rule that is held here. What a packet alone cannot break (aliases, quotas, limits of
 * this broker, the syntax of Topic Filters) is the connection's part.
 *
 * <p>{@link io.nightjar.net.Pipeline} puts the layers of a listener below {@link io.nightjar.net.MqttChannel}: PROXY header,
 * TLS, each of which takes out what it no longer needs once it is finished and leaves what it learned in {@link
 * io.nightjar.net.Carrier}. Until a whole ClientHello is there, a connection has no TLS engine. TLS runs on the connection's
 * event loop, handshakes too.
 *
 * <p>{@link io.nightjar.net.MqttChannel} is one connection from accept to its one end. It has no actor, no buffer while
 * idle and no timer object: its deadline is an entry in the wheel of its loop. After CONNECT it moves to the loop of its
 * ClientID, and from then on it shares a thread with its session. What goes out in one turn of the loop is encoded into
 * one buffer and leaves with one write: coalescing took a delivery from 4.2 to 0.82 us in the prototype, more than any
 * choice of dispatcher.
 *
 * <p>What a client sent before it left is answered before the connection ends, whether it left by DISCONNECT or by a FIN: a
 * connection that leaves waits for its session's word, two seconds at most, and its reason stands from the moment it began to
 * leave. Before that a SUBSCRIBE and a DISCONNECT in one segment lost the SUBACK. Only who sends a bare CONNECT and is gone
 * before it was decided is not let in: it may be back already, and the old connection would take the new one's session.
 *
 * <p>{@link io.nightjar.net.Descriptors} keeps file descriptors for everything but clients, refuses those beyond the rest,
 * and takes off the accept queue and closes those for whom the system has none ({@link io.nightjar.net.AcceptGuard}): Netty
 * alone would leave them waiting there and try again once a second.
 *
 * <p>Clients are let in by {@link io.nightjar.net.AdmissionControl}, for a node could always read CONNECTs faster than it
 * could answer them, and everybody else waited behind the work that had piled up. What bounds that is how many CONNECTs are
 * worked on at once, from CONNECT to CONNACK. Broker on one core, a pair that exchanges 100 messages a second beside it, p99
 * of their latency without and with 16 at once, medians of three runs (of 9,000 clients without it, of two) on JDK 25: 15,000 clients at the same moment 950 and
 * 135 ms, 9,000 clients 410 and 7 ms, 9,000 takeovers 2,376 and 141 ms; it was 4 to 5 ms before. (With 64 at once it was
 * better than without, and worse than with 16.) All were in after 3.4 and 4.4, 1.6 and 2.0, 3.6 and 4.2 seconds, nobody was
 * refused, and connects at a steady pace cost the same. A rate alone cannot do it, since the right one is another on every machine; the
 * token buckets, of the node and of each listener, are for what stands behind the node, and their defaults are above what it
 * can do. A CONNECT that finds no place waits, decoded, with nothing read behind it, and goes on in a later turn of its loop,
 * so that sockets are read in between; a place that is kept for 25 ms waits for something else (a node that does not answer)
 * and is given to the next. Accepting goes on meanwhile: the kernel's own queue has no clock, no reason and no evidence, and
 * is shorter than a storm on most machines. A client with TLS asks at its ClientHello, since its handshake costs ten times
 * what the rest does, and gets an alert if it is refused. One timer for the node, none and no byte for a connection that is
 * open.
 *
 * <p>No client may take a loop for itself: what is more than a millisecond or so of work is left for later turns, between
 * which sockets are read ({@link io.nightjar.net.LaterTurns}): of flushes the 257th and on, of Topic Filters the 129th and
 * on (their client is not read meanwhile, so all stays in order), pieces of a replay, after 16,384 deliveries the next
 * message of their publisher; a connection is read 16 KiB a turn (Netty: 16 reads), and tasks have 5 ms before sockets are
 * looked at (Netty: a second). {@code ops/steady}, broker on one core, p50 and p99 of a pair that has no part in it, before
 * and after: a fan-out to 15,000 565 and 1,311, 7 and 160 ms (others used the core in both); 1,000,000 subscriptions at
 * once 4,915 and 14,287, 2 and 190 ms; 2,000 messages to each of 1,000 sessions 50 and 203, 32 and 145 ms. Ten publishers
 * without restraint were not told apart: there the generator on the other core is what the pair waits for. When 1,000
 * clients with 1,000 subscriptions each vanish at once others waited up to 1.9 s, and now 0.5 s, half of them 6 ms: the
 * sockets of 256 are looked at in a turn (Netty: 4,096), and a session with many subscriptions gives them up in a turn of
 * its own, since Netty looks at the time after 64 tasks only.
 *
 * <p>Flushes come when sockets were read and are no tasks of the loop, where they would be behind all that others asked
 * for; that is cheaper, too: CPU time of a message, medians of three in turn, pairs at QoS 1 3.06 and 2.94 us, at QoS 0 1.98
 * and 1.94, fan-out at QoS 1 1.72 and 1.68, to a shared group 1.20 and 1.30. With 256 sockets a turn it was 3.14 and 2.96,
 * 1.76 and 1.65, 1.58 and 1.41, 1.14 and 1.20. Of a message of pairs at QoS 1 more than half of the time is the kernel's; of
 * the rest a part is what G1 asks for each time something old refers to something new, and left to its pauses
 * ({@code -XX:G1ConcRefinementThreads=0}) that is, two runs in turn, 3.14 and 3.26 before, 2.98 and 3.01 after, at QoS 0 1.69
 * and 1.88, 1.68 and 1.67, fan-out at QoS 1 1.51 and 1.49, 1.45 and 1.42 (Parallel GC, whose pauses are those of a full
 * young generation: 2.73, 1.68, 1.39). Pauses were as long as before.
 *
 * <p>A connection costs as few calls of the kernel as Netty lets it: nothing is paused for a CONNECT that is answered in
 * its turn, the kernel probes only who is overdue (four calls and a timer of the kernel less), TCP_NODELAY is Netty's own
 * default. Together with one message for many filters that come and go a takeover, of which there are 5,000 at once, took
 * 175 and now 130 us on the broker's one core, medians of five; Mosquitto 52. Half of it is the kernel's: two writes
 * 25 us, accept 5, close 6.
 *
 * <p>Enhanced authentication is {@link io.nightjar.net.AuthExchange}, there only where a CONNECT names a method. Before
 * CONNACK a connection reads in turns with its authenticator, so that nobody fills memory who has not said who they are;
 * later it reads on, and the exchange has a deadline beside Keep Alive's.
 *
 * <p>All transports share it: it sees bytes, and what carries them stands before it in the channel's pipeline, put
 * together in {@link io.nightjar.net.Pipeline}. {@link io.nightjar.net.WebSocketUpgrade} answers the HTTP request with
 * Netty's decoder and leaves; {@link io.nightjar.net.WebSocketFrames} is our own, because a frame may be larger than
 * any packet and Netty's decoder collects each whole frame for every connection before it hands it on: ours unmasks
 * where the bytes lie and hands on what is there, so that what is no MQTT is refused at its first byte as over TCP, and
 * an idle connection holds one object more and no buffer.
 */
@NullMarked
package io.nightjar.net;

import org.jspecify.annotations.NullMarked;
