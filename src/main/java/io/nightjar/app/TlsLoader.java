package io.nightjar.app;

import io.nightjar.net.TlsSettings;
import io.nightjar.net.TlsSettings.ClientCertificates;
import io.nightjar.net.TlsSettings.UsernameFrom;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the block {@code tls} of a listener. What stands in the files is checked when the listener starts. */
final class TlsLoader {
    private static final List<String> VERSIONS = List.of("TLSv1.3", "TLSv1.2");

    private final SettingsReader read;
    private final String key;

    /** @param key of the block, with the dot at its end */
    TlsLoader(SettingsReader read, String key) {
        this.read = read;
        this.key = key;
    }

    /** Null without a certificate: such a listener is not opened. */
    @Nullable
    TlsSettings read() {
        Path certificate = file("certificate");
        Path privateKey = file("key");
        Path clientCa = file("client-ca");
        String password = read.text(key + "key-password");
        List<String> versions = versions();
        ClientCertificates clients =
                ClientCertificates.values()[word("client-certificate", ClientCertificates.values())];
        UsernameFrom username = UsernameFrom.values()[word("username-from", UsernameFrom.values())];
        TlsSettings.Provider provider = TlsSettings.Provider.values()[word("provider", TlsSettings.Provider.values())];
        long handshake = read.millis(key + "handshake-timeout", "1s", "5m");
        long reload = read.millis(key + "reload-interval", "1s", "1d");
        if (certificate == null) {
            if (privateKey != null || clients != ClientCertificates.NONE) {
                read.error(key + "certificate", "TLS needs a certificate of this server");
            }
            return null;
        } else if (privateKey == null) {
            read.error(key + "key", "the certificate needs its private key");
            return null;
        }
        if (clients != ClientCertificates.NONE && clientCa == null) {
            read.error(key + "client-ca", "clients are asked for certificates: whose are good?");
        }
        if (username != UsernameFrom.NONE && clients == ClientCertificates.NONE) {
            read.error(key + "username-from", "needs client-certificate = optional or required");
        }
        return new TlsSettings(
                certificate,
                privateKey,
                password.isEmpty() ? null : password,
                clients == ClientCertificates.NONE ? null : clientCa,
                clients,
                username,
                versions,
                provider,
                handshake,
                reload);
    }

    private List<String> versions() {
        List<String> versions = read.texts(key + "versions");
        if (versions.isEmpty() || !VERSIONS.containsAll(versions)) {
            read.wrong(key + "versions", "a list of TLSv1.3 and TLSv1.2, or one of them");
            return VERSIONS;
        }
        return versions;
    }

    private int word(String name, Enum<?>[] values) {
        String[] words = new String[values.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = values[i].name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
        return read.word(key + name, words);
    }

    /** Null if empty or not there. */
    private @Nullable Path file(String name) {
        String text = read.text(key + name);
        if (text.isEmpty()) {
            return null;
        }
        try {
            Path file = Path.of(text).toAbsolutePath().normalize();
            if (!Files.isRegularFile(file)) {
                read.error(key + name, "there is no such file");
            } else if (!Files.isReadable(file)) {
                read.error(key + name, "the file cannot be read by this user");
            }
            return file;
        } catch (InvalidPathException e) {
            read.error(key + name, "is not a path: " + e.getReason());
            return null;
        }
    }
}
