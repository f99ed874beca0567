package io.nightjar.net;

import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.internal.tcnative.CertificateVerifier;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Checks client certificates against the authorities of a listener, as the JDK does, and hangs the certificate that is
 * refused on the exception: evidence of an end that nothing else has. Thread-safe.
 */
final class ClientTrust extends X509ExtendedTrustManager {
    private enum Kind {
        EXPIRED,
        NOT_YET_VALID,
        UNKNOWN_AUTHORITY,
        OTHER
    }

    private final X509ExtendedTrustManager jdk;
    private final boolean openSsl;

    private ClientTrust(X509ExtendedTrustManager jdk, boolean openSsl) {
        this.jdk = jdk;
        this.openSsl = openSsl;
    }

    /** @param openSsl whether BoringSSL asks, which wants a code for its alert */
    static ClientTrust of(List<X509Certificate> authorities, boolean openSsl) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager found) {
                    return new ClientTrust(found, openSsl);
                }
            }
            throw new IOException("this JDK checks no certificates");
        } catch (GeneralSecurityException e) {
            throw new IOException("the authorities for client certificates cannot be used: " + e.getMessage(), e);
        }
    }

    // ---- what a refusal says

    /** The exception of this class in a chain of causes, or null if the fault is another. */
    static @Nullable Throwable refusal(Throwable fault) {
        Throwable cause = fault;
        for (int depth = 0; cause != null && depth < 16; depth++) {
            for (Throwable suppressed : cause.getSuppressed()) {
                if (suppressed instanceof Refused) {
                    return cause;
                }
            }
            cause = cause.getCause();
        }
        return null;
    }

    /** The certificate that was refused. */
    static X509Certificate refused(Throwable refusal) {
        for (Throwable suppressed : refusal.getSuppressed()) {
            if (suppressed instanceof Refused refused) {
                return refused.certificate;
            }
        }
        throw new IllegalArgumentException("not a refusal");
    }

    /** Why, in words. */
    static String words(Throwable refusal, X509Certificate refused) {
        return switch (kind(refusal)) {
            case EXPIRED ->
                "expired, it or one above it: it is valid until "
                        + refused.getNotAfter().toInstant();
            case NOT_YET_VALID ->
                "not yet valid, it or one above it: it is valid from "
                        + refused.getNotBefore().toInstant();
            case UNKNOWN_AUTHORITY ->
                "unknown authority, its issuer is not in client-ca: "
                        + refused.getIssuerX500Principal().getName();
            case OTHER -> String.valueOf(refusal.getMessage());
        };
    }

    /** The alert that goes with it, where {@link OpenSslCertificateException} decides. */
    static String alert(Throwable refusal) {
        return switch (kind(refusal)) {
            case EXPIRED, NOT_YET_VALID -> "certificate_expired";
            case UNKNOWN_AUTHORITY -> "unknown_ca";
            case OTHER -> "certificate_unknown";
        };
    }

    private static Kind kind(Throwable refusal) {
        Throwable cause = refusal;
        for (int depth = 0; cause != null && depth < 16; depth++) {
            if (cause instanceof CertificateExpiredException) {
                return Kind.EXPIRED;
            } else if (cause instanceof CertificateNotYetValidException) {
                return Kind.NOT_YET_VALID;
            } else if (cause instanceof CertPathBuilderException) {
                return Kind.UNKNOWN_AUTHORITY;
            }
            cause = cause.getCause();
        }
        return Kind.OTHER;
    }

    // ---- what TLS asks

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        try {
            jdk.checkClientTrusted(chain, authType, engine);
        } catch (CertificateException e) {
            CertificateException refusal = openSsl ? new OpenSslCertificateException(e.getMessage(), e, code(e)) : e;
            refusal.addSuppressed(new Refused(chain[0]));
            throw refusal;
        }
    }

    /** What BoringSSL makes an alert of; by itself Netty would let it send internal_error for all but a few. */
    private static int code(CertificateException refusal) {
        return switch (kind(refusal)) {
            case EXPIRED -> CertificateVerifier.X509_V_ERR_CERT_HAS_EXPIRED;
            case NOT_YET_VALID -> CertificateVerifier.X509_V_ERR_CERT_NOT_YET_VALID;
            case UNKNOWN_AUTHORITY -> CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
            case OTHER -> CertificateVerifier.X509_V_ERR_CERT_REJECTED;
        };
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        jdk.checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        jdk.checkClientTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("this is a server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("this is a server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("this is a server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return jdk.getAcceptedIssuers();
    }

    /** Whose certificate it was. Told to nobody by itself. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient X509Certificate certificate;

        Refused(X509Certificate certificate) {
            super("the client's certificate", null, false, false);
            this.certificate = certificate;
        }
    }
}
