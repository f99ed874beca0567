package io.nightjar.app;

import io.nightjar.actor.LinkSettings;

/** The limits of links between nodes, as the settings say. */
final class LinkLimits {
    private LinkLimits() {}

    static LinkSettings of(Settings settings) {
        LinkSettings usual = LinkSettings.DEFAULT;
        Settings.ClusterSettings cluster = settings.cluster();
        return new LinkSettings(
                cluster.linkQueue(),
                cluster.linkQueueBytes(),
                Math.max(1, cluster.linkWindow() / usual.batchMessages()),
                usual.batchMessages(),
                usual.batchBytes(),
                usual.resendAfter(),
                usual.routeDigestEvery(),
                usual.connectionPackets(),
                usual.connectionBytes());
    }
}
