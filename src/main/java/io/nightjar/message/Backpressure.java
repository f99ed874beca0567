package io.nightjar.message;

/** Whether the way to another node is so full that publishers must be slowed down. Thread-safe. */
public interface Backpressure {
    /** One volatile read. */
    boolean isCongested();

    /** Runs once when the congestion is over, at once if there is none; on any thread, so hand over quickly. */
    void onRelief(Runnable resume);

    /** Never congested: a node without peers. */
    Backpressure NONE = new Backpressure() {
        @Override
        public boolean isCongested() {
            return false;
        }

        @Override
        public void onRelief(Runnable resume) {
            resume.run();
        }
    };
}
