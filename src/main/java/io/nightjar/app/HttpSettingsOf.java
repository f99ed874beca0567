package io.nightjar.app;

import io.nightjar.http.HttpSettings;
import java.time.Duration;

/** The settings of the HTTP listener, gathered from where the operator set them. */
final class HttpSettingsOf {
    private HttpSettingsOf() {}

    /** @param descriptors most that HTTP connections may take */
    static HttpSettings settings(Settings settings, long descriptors) {
        Settings.Http http = settings.http();
        return new HttpSettings(
                http.bind().getHostString(),
                http.bind().getPort(),
                Duration.ofMillis(http.tokenLifetimeMillis()),
                http.loginAttemptsPerMinute(),
                (int) Math.min(http.maxConnections(), descriptors),
                settings.trace().maxTails(),
                settings.trace().maxDownloads());
    }
}
