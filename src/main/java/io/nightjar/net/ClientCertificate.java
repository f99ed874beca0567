package io.nightjar.net;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a client's certificate, which TLS found good.
 *
 * @param subject its distinguished name, as RFC 2253 writes it
 * @param username what it is mapped to; null if it is not, or if none are by the settings
 */
record ClientCertificate(String subject, @Nullable String username) {
    private static final int MAIL = 1; // RFC 5280, GeneralName
    private static final int DNS = 2;
    private static final int URI = 6;

    static ClientCertificate of(X509Certificate certificate, TlsSettings.UsernameFrom from) {
        String username =
                switch (from) {
                    case NONE -> null;
                    case SUBJECT -> subject(certificate);
                    case CN -> commonName(subject(certificate));
                    case SAN_DNS -> alternativeName(certificate, DNS);
                    case SAN_EMAIL -> alternativeName(certificate, MAIL);
                    case SAN_URI -> alternativeName(certificate, URI);
                };
        return new ClientCertificate(subject(certificate), username == null || !isName(username) ? null : username);
    }

    static String subject(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }

    /** The most specific one, which stands first. */
    private static @Nullable String commonName(String subject) {
        try {
            List<Rdn> names = new LdapName(subject).getRdns();
            for (int i = names.size() - 1; i >= 0; i--) {
                if (names.get(i).getType().equalsIgnoreCase("CN")
                        && names.get(i).getValue() instanceof String name) {
                    return name;
                }
            }
        } catch (InvalidNameException notReadable) {
            return null;
        }
        return null;
    }

    /** The first of its kind. */
    private static @Nullable String alternativeName(X509Certificate certificate, int kind) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names == null) {
                return null;
            }
            for (List<?> name : names) {
                if (Integer.valueOf(kind).equals(name.get(0)) && name.get(1) instanceof String text) {
                    return text;
                }
            }
        } catch (CertificateParsingException notReadable) {
            return null;
        }
        return null;
    }

    /** What an MQTT username may be, and no control characters. */
    private static boolean isName(String text) {
        return !text.isEmpty()
                && text.length() <= 16_383
                && text.chars().noneMatch(c -> Character.isISOControl(c) || Character.isSurrogate((char) c));
    }
}
