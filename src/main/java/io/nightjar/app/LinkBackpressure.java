package io.nightjar.app;

import io.nightjar.actor.ClusterLinks;
import io.nightjar.message.Backpressure;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Slows publishers while a link to another node is above its high-water mark. Thread-safe. */
final class LinkBackpressure implements Backpressure {
    private final ClusterLinks links;

    /** At most one per connection, since a connection that waits reads nothing. */
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    LinkBackpressure(ClusterLinks links) {
        this.links = links;
        links.onCongestion(congested -> {
            if (!congested) {
                resumeAll();
            }
        });
    }

    @Override
    public boolean isCongested() {
        return links.isCongested();
    }

    @Override
    public void onRelief(Runnable resume) {
        waiting.add(resume);
        if (!links.isCongested()) {
            resumeAll(); // the relief came while this one was queuing
        }
    }

    private void resumeAll() {
        for (Runnable resume = waiting.poll(); resume != null; resume = waiting.poll()) {
            resume.run();
        }
    }
}
