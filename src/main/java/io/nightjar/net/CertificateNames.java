package io.nightjar.net;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** The names of servers in a certificate, as RFC 6125 compares them. */
final class CertificateNames {
    private static final int DNS = 2; // RFC 5280, GeneralName
    private static final int IP = 7;

    private CertificateNames() {}

    /** DNS names and IP addresses; the whole subject if there is none of them. */
    static List<String> of(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> name : alternatives) {
                    if ((Integer.valueOf(DNS).equals(name.get(0))
                                    || Integer.valueOf(IP).equals(name.get(0)))
                            && name.get(1) instanceof String text) {
                        names.add(text);
                    }
                }
            }
        } catch (CertificateParsingException notReadable) {
            names.clear();
        }
        return names.isEmpty() ? List.of(certificate.getSubjectX500Principal().getName()) : names;
    }

    /** Whether a host is among them; {@code *} stands for one label. */
    static boolean match(List<String> names, String host) {
        String wanted = host.toLowerCase(Locale.ROOT);
        String parent = wanted.substring(Math.max(0, wanted.indexOf('.')));
        for (String each : names) {
            String name = each.toLowerCase(Locale.ROOT);
            if (name.equals(wanted)
                    || name.startsWith("*.") && name.substring(1).equals(parent)) {
                return true;
            }
        }
        return false;
    }
}
