/**
 * Who may connect, and who may publish and subscribe to what: authenticators, authorizers, administrators of the HTTP
 * API and their keys.
 *
 * <p>Floor 1; it knows neither sockets nor actors. An {@link io.nightjar.auth.Authenticator} may be slow and answers
 * later; an {@link io.nightjar.auth.Authorizer} is asked for every PUBLISH on the event loop and must not wait.
 *
 * <p>Decisions:
 *
 * <ul>
 *   <li>Passwords are PBKDF2 with HMAC-SHA-512, 210,000 iterations ({@link io.nightjar.auth.PasswordHash}): about 100 ms
 *       of one core each, and nothing beyond the JDK. A fleet of thousands that reconnects cannot pay that, so {@link
 *       io.nightjar.auth.PasswordFile} remembers who gave the right password under a key of this process, has threads of
 *       its own, and says {@code server_busy} when too many wait. A wrong password costs the full price always.
 *   <li>Enhanced authentication is a small interface ({@link io.nightjar.auth.EnhancedAuthenticator}): data in, one of
 *       three answers out, later if need be. SCRAM-SHA-256 is built in, since it needs nothing beyond the JDK, never
 *       sends a password, and costs the server microseconds: the client does the slow part. Its verifiers ({@link
 *       io.nightjar.auth.ScramVerifier}) stand in the password file on lines of their own, so that old lines stay good
 *       and a user may have either or both. They are opt-in, because at 15,000 iterations, which devices must bear at
 *       each login, a stolen file is easier to guess from. Users that do not exist get salts from a secret in the same
 *       file, equal on every node and after each start.
 *   <li>A subscription is allowed by a rule that covers it and denied by a rule that overlaps it ({@link
 *       io.nightjar.auth.AclRules}). Comparing the requested filter's text with the rule, as is common, lets {@code #}
 *       read what {@code secret/#} denies.
 *   <li>{@code $SYS} is the broker's: no rule lets a client publish there ({@link io.nightjar.auth.SystemTopics}), since
 *       those who read it take it for the broker's word.
 *   <li>Every refusal carries the rule or the authenticator that said no, in words: the first question of whoever was
 *       refused is "by what?".
 * </ul>
 */
@NullMarked
package io.nightjar.auth;

import org.jspecify.annotations.NullMarked;
