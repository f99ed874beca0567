package io.nightjar.actor;

import java.time.Duration;

/**
 * Limits of the links between nodes, {@code nightjar.cluster} in the configuration. The defaults hold for each of the
 * two lanes (messages, sessions) to each peer.
 *
 * @param queueMessages {@code link-queue}: most messages that wait for one peer; half of it tells publishers to slow
 *     down, from nine tenths on QoS 0 is dropped, at the whole everything
 * @param queueBytes {@code link-queue-bytes}: the same in bytes
 * @param windowBatches {@code link-window}: most batches under way that the peer has not acknowledged; with
 *     {@code batchBytes} this bounds the bytes under way, and it must stay far below Artery's outbound queue
 * @param batchMessages most messages in a batch
 * @param batchBytes most bytes in a batch; a larger message goes in pieces. Must fit Artery's frame
 * @param resendAfter without an acknowledgement for this long all that is under way is sent again
 * @param routeDigestEvery how often a node tells its peers the digest of its filters
 * @param connectionPackets most packets under way to one client whose socket is on another node
 * @param connectionBytes the same in bytes
 */
public record LinkSettings(
        int queueMessages,
        long queueBytes,
        int windowBatches,
        int batchMessages,
        int batchBytes,
        Duration resendAfter,
        Duration routeDigestEvery,
        int connectionPackets,
        int connectionBytes) {

    public static final LinkSettings DEFAULT = new LinkSettings(
            100_000, 64L << 20, 64, 256, 128 << 10, Duration.ofSeconds(1), Duration.ofSeconds(2), 1024, 1 << 20);

    public LinkSettings {
        check(queueMessages > 0 && queueBytes > 0, "the link queue must hold something");
        check(windowBatches > 0 && windowBatches <= 5000, "link-window must be 1 to 5000");
        check(batchMessages > 0, "a batch must hold a message");
        check(batchBytes >= 1024 && batchBytes <= 1 << 20, "a batch must be 1 KiB to 1 MiB");
        check(resendAfter.toMillis() > 0 && routeDigestEvery.toMillis() > 0, "a period must be positive");
        check(connectionPackets > 0 && connectionBytes > 0, "the window of a connection must hold something");
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
