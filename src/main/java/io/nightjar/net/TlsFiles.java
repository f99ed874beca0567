package io.nightjar.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The certificates and the key of a listener, as they stand in their files. Reads the disk: never on an event loop.
 *
 * @param chain our certificate first
 * @param clientCa authorities for client certificates; empty if none are asked for
 */
record TlsFiles(PrivateKey key, List<X509Certificate> chain, List<X509Certificate> clientCa) {
    private static final long LARGEST_BYTES = 4L << 20;

    /** What tells one state of a file from another without reading it. */
    private record Stamp(Path file, long modifiedNanos, long size, @Nullable Object fileKey) {}

    /** @throws IOException with words for the operator, the file's name among them */
    static TlsFiles read(TlsSettings settings) throws IOException {
        List<X509Certificate> chain = certificates(settings.certificate());
        Path clientCa = settings.clientCa();
        byte[] pem = bytes(settings.key());
        PrivateKey key;
        try {
            key = PemKey.read(pem, settings.keyPassword());
        } catch (GeneralSecurityException e) {
            throw new IOException(settings.key() + ": " + e.getMessage(), e);
        }
        if (!belongTogether(key, chain.get(0))) {
            throw new IOException(
                    settings.key() + ": this is not the key of the certificate in " + settings.certificate());
        }
        return new TlsFiles(key, chain, clientCa == null ? List.of() : certificates(clientCa));
    }

    X509Certificate certificate() {
        return chain.get(0);
    }

    /** Changes when one of the files does, or when one cannot be looked at. */
    static Object stamp(TlsSettings settings) {
        List<Object> stamps = new ArrayList<>();
        for (Path file : new Path[] {settings.certificate(), settings.key(), settings.clientCa()}) {
            if (file != null) {
                stamps.add(stamp(file));
            }
        }
        return stamps;
    }

    private static Object stamp(Path file) {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return new Stamp(file, now.lastModifiedTime().to(TimeUnit.NANOSECONDS), now.size(), now.fileKey());
        } catch (IOException e) {
            return String.valueOf(e);
        }
    }

    private static byte[] bytes(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(
                    file + (Files.exists(file) ? ": this user may not read it" : ": there is no such file"));
        } else if (Files.size(file) > LARGEST_BYTES) {
            throw new IOException(file + ": has more than " + LARGEST_BYTES + " bytes");
        }
        return Files.readAllBytes(file);
    }

    private static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        try (ByteArrayInputStream in = new ByteArrayInputStream(bytes(file))) {
            for (Object each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                certificates.add((X509Certificate) each);
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": its certificates cannot be read: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + ": there is no certificate in it (-----BEGIN CERTIFICATE-----)");
        }
        return certificates;
    }

    private static boolean belongTogether(PrivateKey key, X509Certificate certificate) {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> key.getAlgorithm();
                };
        byte[] text = {1, 2, 3};
        try {
            Signature sign = Signature.getInstance(algorithm);
            sign.initSign(key);
            sign.update(text);
            byte[] signed = sign.sign();
            Signature verify = Signature.getInstance(algorithm);
            verify.initVerify(certificate.getPublicKey());
            verify.update(text);
            return verify.verify(signed);
        } catch (GeneralSecurityException otherKind) {
            return false;
        }
    }
}
