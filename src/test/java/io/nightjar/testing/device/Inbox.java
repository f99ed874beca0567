package io.nightjar.testing.device;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a client received, on whatever thread. */
final class Inbox {
    private final BlockingQueue<Device.Note> notes = new LinkedBlockingQueue<>();

    void add(Device.Note note) {
        notes.add(note);
    }

    Device.Note take() throws InterruptedException {
        Device.Note note = notes.poll(Device.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (note == null) {
            throw new AssertionError("no message came");
        }
        return note;
    }

    boolean hasMore() {
        return !notes.isEmpty();
    }
}
