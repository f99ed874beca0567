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
