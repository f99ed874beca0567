package io.nightjar.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ReferenceCountUtil;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates in force on a listener. A thread of its own looks at the files and reads them again when they
 * changed: new handshakes get the new certificate, open connections stay as they are, and files that are wrong leave
 * everything as it was, with a warning.
 *
 * <p>BoringSSL where it loads, else the JDK's TLS. Sessions may be resumed for an hour, with tickets whose keys the
 * library makes and rotates; a reload makes new keys, since the authorities for client certificates may have changed.
 *
 * <p>Thread-safe.
 */
final class TlsContexts implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TlsContexts.class);
    private static final long SESSION_SECONDS = 3600;

    private record Current(SslContext context, TlsFiles files) {}

    private final String listener;
    private final TlsSettings settings;
    private final Counters counters;
    private final ScheduledExecutorService thread;
    private volatile Current current;
    private Object stamp; // of the reloading thread

    private TlsContexts(String listener, TlsSettings settings, Counters counters, Object stamp, Current first) {
        this.listener = listener;
        this.settings = settings;
        this.counters = counters;
        this.stamp = stamp;
        this.current = first;
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "certificates-" + listener);
            made.setDaemon(true);
            return made;
        });
        tell("certificate_read");
        thread.scheduleWithFixedDelay(
                this::look, settings.reloadMillis(), settings.reloadMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Reads the files; blocks.
     *
     * @throws IOException with words for the operator
     */
    static TlsContexts open(String listener, TlsSettings settings, Counters counters) throws IOException {
        Object stamp = TlsFiles.stamp(settings);
        return new TlsContexts(listener, settings, counters, stamp, build(settings));
    }

    private static Current build(TlsSettings settings) throws IOException {
        TlsFiles files = TlsFiles.read(settings);
        boolean openSsl = isOpenSsl(settings);
        SslContextBuilder builder = SslContextBuilder.forServer(files.key(), files.chain())
                .sslProvider(openSsl ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                .protocols(settings.versions())
                .sessionTimeout(SESSION_SECONDS)
                .clientAuth(clientAuth(settings));
        if (!files.clientCa().isEmpty()) {
            builder.trustManager(ClientTrust.of(files.clientCa(), openSsl));
        }
        try {
            SslContext context = builder.build();
            if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
                sessions.setTicketKeys();
            }
            return new Current(context, files);
        } catch (SSLException | IllegalArgumentException e) {
            throw new IOException(settings.certificate() + ": TLS cannot be set up with it: " + e.getMessage(), e);
        }
    }

    private static boolean isOpenSsl(TlsSettings settings) throws IOException {
        boolean wanted = settings.provider() != TlsSettings.Provider.JDK;
        if (settings.provider() == TlsSettings.Provider.OPENSSL && !OpenSsl.isAvailable()) {
            throw new IOException("provider = openssl, but it does not load here: " + OpenSsl.unavailabilityCause());
        }
        return wanted && OpenSsl.isAvailable();
    }

    private static ClientAuth clientAuth(TlsSettings settings) {
        return switch (settings.clientCertificates()) {
            case NONE -> ClientAuth.NONE;
            case OPTIONAL -> ClientAuth.OPTIONAL;
            case REQUIRED -> ClientAuth.REQUIRE;
        };
    }

    /** TLS for one more connection. Its time limits are those of the connection, so it has no timers of its own. */
    SslHandler newHandler(ByteBufAllocator allocator) {
        while (true) {
            SslContext context = current.context;
            try {
                ReferenceCountUtil.retain(context);
            } catch (IllegalReferenceCountException released) {
                if (context == current.context) {
                    throw new IllegalStateException("the listener is closed", released);
                }
                continue; // replaced just now
            }
            try {
                SslHandler handler = context.newHandler(allocator);
                handler.setHandshakeTimeoutMillis(0);
                return handler;
            } finally {
                ReferenceCountUtil.release(context);
            }
        }
    }

    /** Our certificate. */
    X509Certificate certificate() {
        return current.files.certificate();
    }

    TlsSettings settings() {
        return settings;
    }

    /** Whether it is BoringSSL. */
    boolean isOpenSsl() {
        return current.context instanceof ReferenceCountedOpenSslContext;
    }

    private void look() {
        Object now = TlsFiles.stamp(settings);
        if (now.equals(stamp)) {
            return;
        }
        stamp = now;
        try {
            SslContext old = current.context;
            current = build(settings);
            ReferenceCountUtil.release(old);
            counters.increment(Counter.CERTIFICATES_RELOADED);
            tell("certificate_reloaded");
        } catch (IOException | RuntimeException e) {
            counters.increment(Counter.CERTIFICATES_REFUSED);
            log.warn(
                    "event=certificate_not_reloaded listener={} problem=\"{}\" certificate=\"as before\"",
                    listener,
                    e.getMessage());
        }
    }

    private void tell(String event) {
        X509Certificate certificate = certificate();
        Instant until = certificate.getNotAfter().toInstant();
        log.info(
                "event={} listener={} subject=\"{}\" not_after={} provider={}",
                event,
                listener,
                certificate.getSubjectX500Principal(),
                until,
                isOpenSsl() ? "openssl" : "jdk");
        if (until.isBefore(Instant.now())) {
            log.error("event=certificate_expired listener={} not_after={}: clients refuse it", listener, until);
        }
    }

    /** Open connections keep what they have. */
    @Override
    public void close() {
        thread.execute(() -> ReferenceCountUtil.release(current.context));
        thread.shutdown();
    }
}
