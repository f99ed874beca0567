package io.nightjar.auth;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Users from a file of {@code username:hash} lines ({@link PasswordHash}, and {@link ScramVerifier} for SCRAM-SHA-256, see
 * {@link #scram}); {@code #} begins a comment. The file is looked at again at most once a second and read again when it changed; a file that cannot be read leaves the users as
 * they were, with a warning.
 *
 * <p>Hashes are computed by threads of its own, since each takes about 100 ms of a core, and only so many at once: a
 * client beyond is refused with {@link Detail#SERVER_BUSY} instead of waiting without end. Addresses of clients take turns
 * ({@link PasswordChecks}), and a password that was right before is known again without a hash and without waiting, so that
 * a storm of wrong passwords does not lock out a fleet that comes back. A user that does not exist takes as long as a wrong
 * password. Thread-safe.
 */
public final class PasswordFile implements Authenticator, AutoCloseable {
    /** The Authentication Method of {@link #scram}. */
    public static final String SCRAM_METHOD = ScramSha256.METHOD;

    /**
     * Begins the comment line with the secret from which users that do not exist get their salts, in base64, 16 bytes or
     * more. It stands in the file so that they stay the same after a start and on every node.
     */
    public static final String SCRAM_SECRET = "#scram-secret=";

    private static final Logger log = LoggerFactory.getLogger(PasswordFile.class);
    private static final String NAME = "password_file";
    private static final CompletionStage<Answer> ACCEPTED = CompletableFuture.completedStage(new Answer.Accepted());
    private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final WatchedUsers users;
    private final VerifiedUsers verified;
    private final ThreadPoolExecutor threads;
    private final ThreadPoolExecutor looks;
    private final PasswordChecks<Answer> checks;
    private final AtomicInteger working = new AtomicInteger();
    private final int maxPending;
    private final int size;
    private final String nobody;
    private final byte[] decoys = new byte[32];
    private @Nullable ThreadPoolExecutor scramLookups;

    /**
     * @param maxPending checks that run or wait
     * @param cacheSize verified users that are remembered, 0: none
     * @throws IOException if the file cannot be read
     */
    public PasswordFile(Path file, int maxPending, int threads, int cacheSize) throws IOException {
        this(file, maxPending, threads, cacheSize, PasswordHash.ITERATIONS, LOOK_AGAIN_NANOS);
    }

    /** As above; tests take fewer iterations for users that do not exist and look at the file every time. */
    PasswordFile(Path file, int maxPending, int threads, int cacheSize, int iterations, long lookAgainNanos)
            throws IOException {
        this.users = new WatchedUsers(file, lookAgainNanos);
        this.verified = new VerifiedUsers(cacheSize);
        this.nobody = PasswordHash.hash(new char[] {'n', 'o', 'b', 'o', 'd', 'y'}, iterations);
        new SecureRandom().nextBytes(decoys);
        this.maxPending = maxPending;
        this.size = Math.min(threads, maxPending);
        this.threads = pool("passwords-", size, 2 * size);
        this.looks = pool("password-file-", 1, Math.max(1024, maxPending));
        this.checks = new PasswordChecks<>(Math.max(1, maxPending - size));
    }

    /** @param maxPending tasks that run or wait; one more is rejected */
    private static ThreadPoolExecutor pool(String name, int threads, int maxPending) {
        AtomicInteger number = new AtomicInteger();
        int size = Math.min(threads, maxPending);
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                size, size, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(Math.max(1, maxPending - size)), task -> {
                    Thread thread = new Thread(task, name + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    @Override
    public String name() {
        return NAME;
    }

    /**
     * SCRAM-SHA-256 with the verifiers of this file, on one thread of its own: it costs microseconds and must not wait
     * behind slow hashes.
     *
     * @param maxPending users that are being looked up or wait for it
     */
    public EnhancedAuthenticator scram(int maxPending) {
        ThreadPoolExecutor lookups = pool("scram-", 1, maxPending);
        scramLookups = lookups;
        return new ScramSha256(username -> users.current().scram(username, decoys), lookups);
    }

    @Override
    public CompletionStage<Answer> authenticate(Credentials credentials) {
        String username = credentials.username();
        Bytes password = credentials.password();
        if (username == null) {
            return refused("the client sent no user name");
        } else if (password == null) {
            return refused("the client sent no password");
        }
        StoredUsers fresh = users.fresh();
        if (fresh != null && isVerified(fresh, username, password)) {
            return ACCEPTED;
        }
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        PasswordChecks.Check<Answer> check = new PasswordChecks.Check<>(
                PasswordChecks.row(credentials.peerAddress()), () -> check(username, password, answer), answer);
        answer.whenComplete((said, fault) -> {
            if (answer.isCancelled()) {
                checks.remove(check);
            }
        });
        if (fresh != null || !lookFirst(check, username, password)) {
            submit(check);
        }
        return answer;
    }

    private boolean isVerified(StoredUsers current, String username, Bytes password) {
        String stored = current.hash(username);
        return stored != null && verified.contains(username, password, stored);
    }

    /** The file is to be looked at again, which may block: not on the caller's thread, and not behind slow hashes. */
    private boolean lookFirst(PasswordChecks.Check<Answer> check, String username, Bytes password) {
        try {
            looks.execute(() -> {
                if (isVerified(users.current(), username, password)) {
                    check.answer().complete(new Answer.Accepted());
                } else {
                    submit(check);
                }
            });
            return true;
        } catch (RejectedExecutionException full) {
            return false;
        }
    }

    private void submit(PasswordChecks.Check<Answer> check) {
        PasswordChecks.Check<Answer> refused = checks.offer(check);
        if (refused != null) {
            refused.answer()
                    .complete(new Answer.Refused(
                            Detail.SERVER_BUSY,
                            NAME,
                            "nightjar.authentication.max-pending=" + maxPending + ", of which "
                                    + checks.waitingOf(refused.address()) + " are from this address"));
        }
        if (check.answer().isCancelled()) {
            checks.remove(check); // cancelled before it was there
        }
        startThread();
    }

    private void startThread() {
        if (working.getAndUpdate(n -> Math.min(n + 1, size)) < size) {
            try {
                threads.execute(this::work);
            } catch (RejectedExecutionException closed) {
                working.decrementAndGet(); // the node is being stopped, and its connections end
            }
        }
    }

    private void work() {
        try {
            PasswordChecks.Check<Answer> next = checks.poll();
            while (next != null) {
                next.work().run();
                next = checks.poll();
            }
        } finally {
            working.decrementAndGet();
        }
        if (checks.waiting() > 0) {
            startThread(); // one came between the look and the end, and found all threads at work
        }
    }

    private static CompletionStage<Answer> refused(String why) {
        return CompletableFuture.completedStage(new Answer.Refused(Detail.BAD_USERNAME_OR_PASSWORD, NAME, why));
    }

    private void check(String username, Bytes password, CompletableFuture<Answer> answer) {
        try {
            answer.complete(answer(username, password));
        } catch (RuntimeException | Error e) {
            log.error("event=authentication_failed authenticator=" + NAME, e);
            answer.complete(new Answer.Refused(Detail.AUTHENTICATION_REFUSED, NAME, "the check failed: see the log"));
            if (e instanceof Error error) {
                throw error;
            }
        }
    }

    private Answer answer(String username, Bytes password) {
        StoredUsers current = users.current();
        String stored = current.hash(username);
        if (isVerified(current, username, password)) {
            return new Answer.Accepted();
        }
        char[] characters = password.text().toCharArray();
        boolean right = PasswordHash.verify(characters, stored == null ? nobody : stored);
        Arrays.fill(characters, '\0');
        if (stored == null) {
            return new Answer.Refused(
                    Detail.BAD_USERNAME_OR_PASSWORD,
                    NAME,
                    current.hasVerifier(username)
                            ? "the user logs in with SCRAM-SHA-256 only"
                            : "there is no such user");
        } else if (!right) {
            return new Answer.Refused(Detail.BAD_USERNAME_OR_PASSWORD, NAME, "the password is wrong");
        }
        verified.add(username, password, stored);
        return new Answer.Accepted();
    }

    /** Lets the checks under way end; new ones are refused. */
    @Override
    public void close() {
        looks.shutdown();
        threads.shutdown();
        if (scramLookups != null) {
            scramLookups.shutdown();
        }
    }
}
