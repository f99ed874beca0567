package io.nightjar.load;

/** Time and CPU from its making to {@link #stop}. */
final class Measure {
    private final BrokerProcess broker;
    private final long begun = System.nanoTime();
    private final double cpu;
    private final double own;
    private final BrokerProcess.Machine machine;

    Measure(BrokerProcess broker) {
        this.broker = broker;
        this.cpu = broker.cpuSeconds();
        this.own = BrokerProcess.ownCpuSeconds();
        this.machine = BrokerProcess.machine();
    }

    /**
     * CPU seconds are of user and system; those of the broker are of its whole process tree.
     *
     * @param otherCpuSeconds what everything but the broker and the generator took
     * @param stolenSeconds what the host of a virtual machine gave to others
     */
    record Result(
            double seconds, double cpuSeconds, double ownCpuSeconds, double otherCpuSeconds, double stolenSeconds) {}

    Result stop() {
        double seconds = Math.max(1e-6, (System.nanoTime() - begun) / 1e9);
        double brokers = broker.cpuSeconds() - cpu;
        double generators = BrokerProcess.ownCpuSeconds() - own;
        BrokerProcess.Machine now = BrokerProcess.machine();
        return new Result(
                seconds,
                brokers,
                generators,
                Math.max(0, now.busySeconds() - machine.busySeconds() - brokers - generators),
                now.stolenSeconds() - machine.stolenSeconds());
    }
}
