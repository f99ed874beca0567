package io.nightjar.session;

import io.nightjar.conformance.Normative;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Twenty ClientIDs, connections that fight over them, lost and late events, for two hundred seeds. Holds that at most
 * one connection is attached to a ClientID, that every connection ends with one reason, that no session is lost unless
 * it expired, was kicked or was started clean, QoS 2 exactly once, QoS 1 at least once within the queue's limits, order
 * by publisher, topic and QoS, unique Packet Identifiers, the Receive Maximum, Wills once, and bounded queues.
 *
 * <p>To see one seed again: {@code -Dnightjar.simulation.seed=N}.
 */
class SessionSimulationTest {
    private static final int SEEDS_A_CASE = 25;
    private static final int STEPS = 3000;

    @ParameterizedTest(name = "seeds from {0}")
    @ValueSource(ints = {0, 25, 50, 75, 100, 125, 150, 175})
    @Normative({
        "5.0/4.3.3-10",
        "5.0/4.3.3-12",
        "5.0/4.4.0-1",
        "5.0/4.6.0-5",
        "5.0/4.5.0-1",
        "5.0/4.9.0-2",
        "5.0/3.1.4-3",
        "5.0/2.2.1-4",
        "5.0/3.1.2-8"
    })
    void what_is_promised_holds_whatever_happens_in_whatever_order(int first) {
        Long only = Long.getLong("nightjar.simulation.seed");
        if (only != null) {
            run(only);
            return;
        }
        for (long seed = first; seed < first + SEEDS_A_CASE; seed++) {
            run(seed);
        }
    }

    private static void run(long seed) {
        Simulation world = new Simulation(seed, 20);
        int step = 0;
        try {
            for (; step < STEPS; step++) {
                world.step();
            }
            world.settle();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed=" + seed + " step=" + step + ": " + e.getMessage(), e);
        }
    }
}
