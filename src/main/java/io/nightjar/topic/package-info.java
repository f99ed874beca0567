/**
 * Which Topic Filters match a Topic Name, and which Topic Names a Topic Filter: the two indexes every message goes
 * through.
 *
 * <p>Floor 1, pure: no clock, no I/O, no logging; imports the standard's words only. It knows neither sessions nor
 * nodes: a subscriber is a type parameter, so {@code routing} uses the same index for the sessions of this node and for
 * the other nodes.
 *
 * <p>Decisions:
 *
 * <ul>
 *   <li>Filters without wildcards stand in a hash map, those with wildcards in a trie ({@link
 *       io.nightjar.topic.SubscriptionTrie}). With a million filters one trie took 198 bytes a filter, the map 102, and
 *       both matched 2 million topics a second on one thread. Copy-on-write tries were measured too: 268 bytes, and an
 *       insertion cost that grows with the number of siblings. As built, with the subscription itself: 115 bytes for an
 *       exact filter and 148 for one with wildcards (JDK 25, compact headers).
 *   <li>Matching takes no lock. A writer locks one map bin or one trie node, never a whole first level, since all
 *       devices of a fleet tend to share it. An empty trie node is declared dead under its parent's lock and its own;
 *       who finds a dead node starts again.
 *   <li>A filter with one subscriber, the usual one, holds the subscription itself; with up to 16, an array; above, a
 *       concurrent map, so that no addition copies a large array. Shared groups are arrays that can be indexed, so that
 *       taking turns does not depend on their size.
 *   <li>Retained values ({@link io.nightjar.topic.RetainedTrie}) stand in an ordered map in which {@code /} sorts first.
 *       A branch is then a range, a walk skips what cannot match by seeking, iteration is lazy, and there are no nodes to
 *       keep or remove. Among a million topics a lookup there took 4 to 5 us on a busy machine, so a hash map stands
 *       beside it for the writes that replace what a topic has.
 *   <li>Everything iterates instead of recursing: the longest legal topic has 65,535 levels.
 * </ul>
 */
@NullMarked
package io.nightjar.topic;

import org.jspecify.annotations.NullMarked;
