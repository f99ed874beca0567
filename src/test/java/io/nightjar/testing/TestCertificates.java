package io.nightjar.testing;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/** An authority of its own, made in this JVM, with what it issues: certificates in files and TLS for clients. */
public final class TestCertificates {
    /** The name that {@link #server} is issued for. */
    public static final String SERVER = "broker.example";

    private final X509Bundle authority;

    public TestCertificates(String name) {
        try {
            authority = builder("CN=" + name).setIsCertificateAuthority(true).buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static CertificateBuilder builder(String subject) {
        return new CertificateBuilder().subject(subject).algorithm(CertificateBuilder.Algorithm.ecp256);
    }

    /** A certificate of this authority. */
    public X509Bundle issue(String subject, UnaryOperator<CertificateBuilder> more) {
        try {
            return more.apply(builder(subject)).buildIssuedBy(authority);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** For {@value #SERVER} and 127.0.0.1. */
    public X509Bundle server() {
        return server(certificate -> certificate);
    }

    public X509Bundle server(UnaryOperator<CertificateBuilder> more) {
        return issue(
                "CN=" + SERVER,
                certificate -> more.apply(certificate.addSanDnsName(SERVER).addSanIpAddress("127.0.0.1")));
    }

    /** Ran out a day ago. */
    public static CertificateBuilder expired(CertificateBuilder certificate) {
        Instant now = Instant.now();
        return certificate.notBefore(now.minus(Duration.ofDays(30))).notAfter(now.minus(Duration.ofDays(1)));
    }

    /** The authority's own certificate in a file. */
    public Path authorityFile(Path file) throws IOException {
        return Files.writeString(file, authority.getCertificatePEM());
    }

    /** Writes {@code <name>.pem} and {@code <name>.key}, each whole at once. */
    public static void write(Path directory, String name, X509Bundle bundle) throws IOException {
        replace(directory.resolve(name + ".key"), bundle.getPrivateKeyPEM());
        replace(directory.resolve(name + ".pem"), bundle.getCertificatePathPEM());
    }

    private static void replace(Path file, String text) throws IOException {
        Path fresh = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), text);
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Trusts this authority. */
    public TrustManagerFactory trust() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("authority", authority.getCertificate());
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Shows this certificate to servers that ask for one of an authority it has. */
    public static KeyManagerFactory keys(X509Bundle own) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("own", own.getKeyPair().getPrivate(), new char[0], own.getCertificatePath());
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, new char[0]);
            return factory;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** TLS of a client that trusts this authority. */
    public SSLContext client() {
        return client((KeyManager[]) null);
    }

    /** As above, and shows this certificate whatever the server asks for. */
    public SSLContext client(X509Bundle own) {
        return client(new Stubborn(own));
    }

    private SSLContext client(KeyManager... keys) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust().getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A TLS socket to a port of 127.0.0.1 before its handshake, which will ask for a server of this name. */
    public static SSLSocket socket(SSLContext context, int port, String name, String... versions) throws IOException {
        Socket plain = new Socket("127.0.0.1", port);
        plain.setSoTimeout((int) RawMqttClient.PATIENCE.toMillis());
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, name, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (versions.length > 0) {
            parameters.setProtocols(versions);
        }
        socket.setSSLParameters(parameters);
        return socket;
    }

    /** Shows one certificate, be it of an authority that the server named or not. */
    private static final class Stubborn extends X509ExtendedKeyManager {
        private final X509Bundle own;

        Stubborn(X509Bundle own) {
            this.own = own;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            return "own";
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return own.getCertificatePath();
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own.getKeyPair().getPrivate();
        }
    }
}
