/**
 * State and rules of one Network Connection: the handshake, Keep Alive, Topic Aliases, quotas, enhanced authentication,
 * and what passed last.
 *
 * <p>Pure Java: no clock, no I/O, no logging; time is an argument. There is no actor per connection (0.7 KB and a hop
 * each); the Netty handler owns these small objects and calls them on its event loop. Collections are allocated when
 * first needed, because most connections of a million are idle and never use an alias.
 *
 * <p>Inbound belongs to the connection, outbound to the session: the two rooms never ask each other.
 */
@NullMarked
package io.nightjar.connection;

import org.jspecify.annotations.NullMarked;
