package io.nightjar.net;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS of one listener.
 *
 * @param certificate PEM, our certificate first and then those of the authorities up to the root
 * @param key PEM, PKCS#8, or PKCS#1 or SEC 1 without a password
 * @param keyPassword null: the key is not encrypted
 * @param clientCa PEM, the authorities whose client certificates are good; null: none are asked for
 * @param versions the ones that are spoken, {@code TLSv1.3} and {@code TLSv1.2}; at least one
 * @param handshakeTimeoutMillis from accept to a finished handshake; the time for CONNECT goes on meanwhile
 * @param reloadMillis how often the files are looked at
 */
public record TlsSettings(
        Path certificate,
        Path key,
        @Nullable String keyPassword,
        @Nullable Path clientCa,
        ClientCertificates clientCertificates,
        UsernameFrom usernameFrom,
        List<String> versions,
        Provider provider,
        long handshakeTimeoutMillis,
        long reloadMillis) {
    public TlsSettings {
        versions = List.copyOf(versions);
    }

    /** Whether clients show certificates of their own. */
    public enum ClientCertificates {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    /** What of a client's certificate becomes its username. */
    public enum UsernameFrom {
        NONE,
        SUBJECT,
        CN,
        SAN_DNS,
        SAN_EMAIL,
        SAN_URI;

        /** What it is called in words. */
        String words() {
            return switch (this) {
                case NONE, SUBJECT -> "subject that can be a username";
                case CN -> "common name that can be a username";
                case SAN_DNS -> "DNS name among its alternative names";
                case SAN_EMAIL -> "email address among its alternative names";
                case SAN_URI -> "URI among its alternative names";
            };
        }
    }

    /** Whose TLS it is. */
    public enum Provider {
        AUTO,
        OPENSSL,
        JDK
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "TlsSettings[certificate=" + certificate + ", clientCertificates=" + clientCertificates + "]";
    }
}
