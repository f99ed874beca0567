package io.nightjar.app;

import org.jspecify.annotations.Nullable;

/** One node, wired. */
final class Broker {
    private final Settings settings;

    private Broker(Settings settings) {
        this.settings = settings;
    }

    static Broker start(Settings settings) {
        return new Broker(settings);
    }

    void stop() {}

    /** Where it serves, one {@code name=value} a line: node, listener.tcp.default, http, cluster. */
    String describe() {
        return "node=" + settings.nodeName();
    }

    /** The password that the first start made for user admin, to be shown once; else null. */
    @Nullable
    String firstPassword() {
        return null;
    }
}
