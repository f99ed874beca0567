/**
 * The carriers: actors that give the pure rooms below a place in the cluster.
 *
 * <p><b>Sessions.</b> {@link io.nightjar.actor.SessionActor} is one Cluster Sharding entity per ClientID, used through
 * sharding to attach only; whatever follows goes from reference to reference, fenced by the attachment number. (To attach
 * at once to a session that is on the caller's own loop saved 5 % of a takeover and was taken back: it overtakes an older
 * connection of the same client that is still on its way through the region, which then displaces the newer.) It runs
 * on the event loop of its ClientID ({@link io.nightjar.actor.LoopDispatcher}), where its socket has moved to: an echoed
 * message costs 5.1 us of CPU so, 8.8 us with the actor on a fork-join pool, 5.0 us without an actor. Its handlers are
 * written by hand and its timers sit in the loop's wheel, since a built {@code Receive} is 100 and a Pekko timer 350
 * bytes for each of a million sessions. Lists and kicks ask the {@code ClientAgent} of every node instead of sharding, so
 * that asking for a ClientID that nobody has creates nothing. A list is walked in steps of 20,000 sessions with 64 of
 * them asked at a time, so that no question holds up a loop or outlives its patience; with filters the count looks at
 * every session once (22 us of CPU each: 2.2 s for 100,000, where a page by cursor is 20 to 60 ms wherever it stands),
 * so a walk by cursor counts on its first page only. {@code ClientWalk} merges the nodes' answers piece by piece: what it
 * passes over it asks for by name only, which no session is asked for, and it ends when nobody can wait for it any more.
 *
 * <p><b>Traces.</b> {@code TraceActor} keeps definitions, replicated through Distributed Data (a small table, what it is
 * meant for) and on disk; events go through a queue bounded in number and bytes to one stream that writes, never through
 * an actor or on a loop. It holds one thread of the blocking dispatcher; files are read on two threads of their own with
 * a bounded queue ({@code TraceReads}), so that a disk that hangs does not take the threads of logins and the flight
 * recorder.
 *
 * <p><b>History.</b> {@link io.nightjar.actor.HistoryService} asks the {@code HistoryAgent} of every node, which reads its
 * flight recorder on the blocking dispatcher, two questions at a time. A page is merged from pieces of at most 100 events,
 * and its cursor holds one position a node, so that a walk costs the same on its last page as on its first and tells each
 * event once whatever comes meanwhile. Of a summary the nodes send figures, not events.
 *
 * <p><b>How nodes talk.</b> {@link io.nightjar.actor.ClusterLinks} keeps two lanes to every other node, one for messages
 * and one for what sessions and sockets on different nodes say to each other. A lane is a bounded queue in front of
 * numbered batches: at most a window of them is under way, the peer acknowledges, what is missing is sent again, what
 * came twice is dropped. So an item arrives once and in order while both nodes live, whatever its size (it crosses in
 * pieces), and Artery's own queue, which drops silently beyond its limit, is never what decides. Batching is what makes
 * it cheap: one message each costs 2.3 us of CPU on the sending side, in batches of 64 it is 0.42 us; the way takes about
 * 110 us, most of it waking up. A lane that fills first slows the publishers down (readers of sockets), then drops QoS 0,
 * then everything, and counts each drop.
 *
 * <p><b>A session and its socket on two nodes.</b> An {@code Attach} that crosses takes the number of its socket along
 * ({@link io.nightjar.actor.LocalConnections}); on the session's node it has become a {@code RemoteConnection}, whose
 * packets go to the {@code ConnectionGateway} of the socket's node, and the socket's commands come back through a
 * {@code RemoteSessionLink}. Each direction counts up a sequence of its own for every connection: a gap, or an item that
 * a full lane refuses, ends the connection with {@code session_unavailable}, the client returns, and the standard's own
 * resend repairs the rest. A slow client closes the window of its {@code RemoteConnection} and its session waits, as
 * beside the socket.
 *
 * <p><b>Who has which filters.</b> {@code RouteReplica}: each node alone writes its column of the route table and tells
 * the others what changed, numbered; a digest every two seconds finds what was missed, and a snapshot in pieces repairs
 * it. Distributed Data is meant for up to 100,000 entries and keeps them in one map; here a node with a million filters
 * sends each of them once. Filters that come and go are gathered first ({@code LocalChanges}): told one by one they woke
 * another thread for each client of a storm, 6 % of what a takeover cost. SUBACK answers when the own node knows: publishers elsewhere follow within a round trip.
 * {@code RetainedReplica} does the same for retained messages, on the lane for messages, so that a snapshot and what is
 * published meanwhile share one limit.
 *
 * <p><b>Who goes on when nodes do not see each other.</b> {@link io.nightjar.actor.CrashAwareDowning}: the larger side,
 * of equal ones that with the oldest node; the smaller side stops unless every node it misses is provably dead. Pekko's
 * keep-oldest stops the survivor of two when the oldest is killed, and keep-majority when the one with the lower address
 * is. Shards stay where they are ({@link io.nightjar.actor.StayingAllocationStrategy}): moving one ends the connections
 * of its sessions.
 *
 * <p>For the links, membership is the only source of who is there. The receptionist would tell the same later, and there is no death
 * watch on remote actors: for a million sessions its system messages alone could overflow and quarantine a node.
 */
@NullMarked
package io.nightjar.actor;

import org.jspecify.annotations.NullMarked;
