package io.nightjar.http;

/** The version of this broker, from the manifest of its jar. */
final class Version {
    static final String VERSION = version();

    private Version() {}

    private static String version() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
