package io.nightjar.load;

/** Time and CPU from its making to {@link #stop}. */
final class Measure {
    private final BrokerProcess broker;
    private final long begun = System.nanoTime();
    private final double cpu;
    private final double own;

    Measure(BrokerProcess broker) {
        this.broker = broker;
        this.cpu = broker.cpuSeconds();
        this.own = BrokerProcess.ownCpuSeconds();
    }

    /** CPU seconds are of user and system; those of the broker are of its whole process tree. */
    record Result(double seconds, double cpuSeconds, double ownCpuSeconds) {}

    Result stop() {
        return new Result(
                Math.max(1e-6, (System.nanoTime() - begun) / 1e9),
                broker.cpuSeconds() - cpu,
                BrokerProcess.ownCpuSeconds() - own);
    }
}
