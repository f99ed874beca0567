package io.nightjar.net;

import io.nightjar.auth.EnhancedAuthenticator;
import io.nightjar.connection.AuthLimits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The methods of enhanced authentication that a node offers, and how many conversations may run. Thread-safe. */
public final class EnhancedAuthentication {
    private final Map<String, EnhancedAuthenticator> methods;
    private final AuthLimits limits;
    private final int maxExchanges;
    private final AtomicInteger running = new AtomicInteger();

    /** @param maxExchanges conversations at once on this node */
    public EnhancedAuthentication(List<EnhancedAuthenticator> offered, AuthLimits limits, int maxExchanges) {
        Map<String, EnhancedAuthenticator> byName = new LinkedHashMap<>();
        offered.forEach(one -> byName.put(one.method(), one));
        this.methods = byName;
        this.limits = limits;
        this.maxExchanges = maxExchanges;
    }

    /** No method at all. */
    public static EnhancedAuthentication none() {
        return new EnhancedAuthentication(List.of(), new AuthLimits(0, 0, 0), 0);
    }

    /** Null if there is no such method. */
    @Nullable
    EnhancedAuthenticator method(String name) {
        return methods.get(name);
    }

    /** Their names, for people. */
    String names() {
        return methods.isEmpty() ? "none" : String.join(", ", methods.keySet());
    }

    AuthLimits limits() {
        return limits;
    }

    int maxExchanges() {
        return maxExchanges;
    }

    /** Whether one more may run; then {@link #leave} must follow. */
    boolean enter() {
        if (running.incrementAndGet() <= maxExchanges) {
            return true;
        }
        running.decrementAndGet();
        return false;
    }

    void leave() {
        running.decrementAndGet();
    }

    /** Conversations that run now. */
    public int running() {
        return running.get();
    }
}
