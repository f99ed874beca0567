package io.nightjar.net;

import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import java.nio.channels.ClosedChannelException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an exception of TLS means, in words an operator can act on. Neither the JDK nor BoringSSL tells which alert went
 * which way except in its message, so that is where it is read; a test holds both to it.
 */
final class TlsFaults {
    /** {@code Received fatal alert: unknown_ca} of the one, {@code ...:TLSV1_ALERT_UNKNOWN_CA} of the other. */
    private static final Pattern RECEIVED =
            Pattern.compile("Received fatal alert: (\\w+)|OPENSSL_internal:(?:SSLV3|TLSV1)_(?:ALERT_)?(\\w+)");

    /** Messages of newer JDKs begin with the alert that goes out. */
    private static final Pattern SENT = Pattern.compile("^\\((\\w+)\\) ");

    private static final Pattern NO_COMMON_VERSION =
            Pattern.compile("requested protocol|supported protocol versions|UNSUPPORTED_PROTOCOL");

    private static final Pattern NO_COMMON_CIPHER = Pattern.compile("no cipher suites in common|NO_SHARED_CIPHER");

    private static final Pattern NO_CERTIFICATE =
            Pattern.compile("client certificate chain|PEER_DID_NOT_RETURN_A_CERTIFICATE");

    private static final Set<String> ABOUT_CERTIFICATE = Set.of(
            "bad_certificate",
            "unsupported_certificate",
            "certificate_revoked",
            "certificate_expired",
            "certificate_unknown",
            "unknown_ca");

    private final String message;
    private final Throwable cause;
    private final @Nullable ClientHello hello;
    private final TlsSettings settings;
    private final X509Certificate ours;
    private final boolean openSsl;
    private final Map<String, String> facts = new LinkedHashMap<>();

    private TlsFaults(Throwable cause, @Nullable ClientHello hello, TlsContexts contexts) {
        this.cause = cause;
        this.message = String.valueOf(cause.getMessage());
        this.hello = hello;
        this.settings = contexts.settings();
        this.ours = contexts.certificate();
        this.openSsl = contexts.isOpenSsl();
    }

    /**
     * Why a handshake failed.
     *
     * @param alert of the client, if it came in the clear
     * @param open whether the socket still is
     * @param hello what the client began with, if it came that far
     */
    static DisconnectReason handshake(
            Throwable cause, @Nullable String alert, boolean open, @Nullable ClientHello hello, TlsContexts contexts) {
        TlsFaults fault = new TlsFaults(cause, hello, contexts);
        if (!open || cause instanceof ClosedChannelException || fault.message.contains("close_notify")) {
            return DisconnectReason.of(Detail.PEER_FIN);
        }
        String received = alert != null ? alert : received(fault.message);
        if (received == null) {
            fault.ofOurs();
        } else {
            fault.facts.put("alert", "the client sent " + received);
            fault.ofTheClient(received);
        }
        return new DisconnectReason(Detail.TLS_HANDSHAKE, null, fault.facts);
    }

    /** Why TLS failed after its handshake. */
    static DisconnectReason later(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        String received = received(message);
        return received != null
                ? DisconnectReason.of(Detail.PEER_RESET, "alert", "the client sent " + received)
                : DisconnectReason.of(
                        Detail.TLS_HANDSHAKE,
                        "problem",
                        "the handshake was finished, and then came what is not TLS or was changed on its way",
                        "error",
                        message);
    }

    private static @Nullable String received(String message) {
        Matcher received = RECEIVED.matcher(message);
        if (!received.find()) {
            return null;
        }
        String jdk = received.group(1);
        return jdk != null ? jdk : received.group(2).toLowerCase(Locale.ROOT);
    }

    // ---- the client refused

    private void ofTheClient(String alert) {
        if (ABOUT_CERTIFICATE.contains(alert)) {
            problem("the client refused our certificate: " + refusedBecause());
        } else if (alert.equals("protocol_version")) {
            noCommonVersion();
        } else if (alert.equals("handshake_failure") || alert.equals("insufficient_security")) {
            problem("the client found nothing in common: version, cipher suites or kind of certificate");
        } else {
            problem("the client ended the handshake");
        }
    }

    /** Clients are vague about it, so that what can be known here is looked at first. */
    private String refusedBecause() {
        Instant now = Instant.now();
        Instant until = ours.getNotAfter().toInstant();
        Instant from = ours.getNotBefore().toInstant();
        List<String> names = CertificateNames.of(ours);
        String wanted = hello == null ? null : hello.serverName();
        if (until.isBefore(now)) {
            facts.put("our_certificate_not_after", until.toString());
            return "it expired on " + until;
        } else if (from.isAfter(now)) {
            facts.put("our_certificate_not_before", from.toString());
            return "it is not valid before " + from;
        } else if (wanted != null && !CertificateNames.match(names, wanted)) {
            return "wrong name, it wants " + wanted + " and the certificate is for " + String.join(", ", names);
        }
        String issuer = ours.getIssuerX500Principal().getName();
        String unknown = "unknown authority, it does not trust " + issuer + " or misses a certificate in between";
        return wanted != null
                ? unknown
                : unknown + "; or wrong name, it connects by one that is not among " + String.join(", ", names);
    }

    // ---- we refused

    private void ofOurs() {
        Throwable refusal = ClientTrust.refusal(cause);
        if (refusal != null) {
            X509Certificate refused = ClientTrust.refused(refusal);
            sent(openSsl ? ClientTrust.alert(refusal) : "certificate_unknown");
            problem("the client's certificate is refused: " + ClientTrust.words(refusal, refused));
            facts.put("certificate_subject", ClientCertificate.subject(refused));
        } else if (NO_COMMON_VERSION.matcher(message).find()) {
            sent("protocol_version");
            noCommonVersion();
        } else if (NO_COMMON_CIPHER.matcher(message).find()) {
            sent("handshake_failure");
            problem("no common cipher suite: does the client take a certificate with a key of the kind "
                    + ours.getPublicKey().getAlgorithm() + "?");
        } else if (NO_CERTIFICATE.matcher(message).find()) {
            sent(missingAlert());
            problem("the client sent no certificate, and this listener requires one");
        } else {
            problem("what the client sent is not a handshake that can be read");
            facts.put("error", message);
        }
    }

    private String missingAlert() {
        if (!openSsl) {
            return "bad_certificate";
        }
        boolean newest = hello != null
                && hello.versions().contains("TLSv1.3")
                && settings.versions().contains("TLSv1.3");
        return newest ? "certificate_required" : "handshake_failure";
    }

    /** @param alert which it is where the message does not tell */
    private void sent(String alert) {
        Matcher told = SENT.matcher(message);
        facts.put("alert", "we sent " + (told.find() ? told.group(1) : alert));
    }

    private void noCommonVersion() {
        problem("no common version: the client offers " + (hello == null ? "none" : list(hello.versions()))
                + ", this listener takes " + list(settings.versions()));
    }

    private static String list(List<String> versions) {
        return versions.isEmpty() ? "none" : String.join(" ", versions);
    }

    private void problem(String words) {
        facts.put("problem", words);
    }
}
