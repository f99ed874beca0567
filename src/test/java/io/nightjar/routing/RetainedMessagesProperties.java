package io.nightjar.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.metrics.Counters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Copies on several nodes agree, in whatever order they hear of changes. */
class RetainedMessagesProperties {
    @Property(tries = 500)
    void replicas_converge_in_whatever_order_updates_arrive(
            @ForAll("updates") List<Retained> updates, @ForAll Random random) {
        RetainedMessages one = messages(RetainedLimits.DEFAULT);
        RetainedMessages two = messages(RetainedLimits.DEFAULT);
        List<Retained> shuffled = new ArrayList<>(updates);
        Collections.shuffle(shuffled, random);

        updates.forEach(update -> one.store(update.message(), update.origin()));
        shuffled.forEach(update -> two.store(update.message(), update.origin()));

        assertThat(contents(two)).isEqualTo(contents(one));
        assertThat(two.count()).isEqualTo(one.count());
        assertThat(two.bytes()).isEqualTo(one.bytes());
        assertThat(two.tombstones()).isEqualTo(one.tombstones());
    }

    @Property(tries = 200)
    void a_snapshot_and_updates_in_any_order_make_the_same_copy(
            @ForAll("updates") List<Retained> updates, @ForAll Random random) {
        RetainedMessages old = messages(RetainedLimits.DEFAULT);
        RetainedMessages joining = messages(RetainedLimits.DEFAULT);
        int cut = updates.isEmpty() ? 0 : random.nextInt(updates.size());
        List<Retained> toJoining = new ArrayList<>(updates.subList(cut, updates.size()));

        updates.subList(0, cut).forEach(update -> old.store(update.message(), update.origin()));
        old.snapshot().forEachRemaining(toJoining::add);
        Collections.shuffle(toJoining, random);
        toJoining.forEach(update -> joining.store(update.message(), update.origin()));
        updates.subList(cut, updates.size()).forEach(update -> old.store(update.message(), update.origin()));

        assertThat(contents(joining)).isEqualTo(contents(old));
    }

    @Provide
    Arbitrary<List<Retained>> updates() {
        return Combinators.combine(
                        Arbitraries.of("a", "a/b", "c"),
                        Arbitraries.of("", "1", "2", "33"),
                        Arbitraries.integers().between(1, 5),
                        Arbitraries.of("n1", "n2"),
                        Arbitraries.of("p1", "p2"))
                .as((topic, payload, at, node, publisher) ->
                        new Retained(Recorder.message(topic, payload, 1, true, publisher, at), node, 0))
                .list()
                .ofMaxSize(30);
    }

    private static List<String> contents(RetainedMessages all) {
        List<String> list = new ArrayList<>();
        all.snapshot()
                .forEachRemaining(r -> list.add(r.message().topic() + " " + r.origin() + " "
                        + r.message().createdAtMillis() + " " + r.message().publisher() + " "
                        + r.message().payload().text()));
        return list;
    }

    private static RetainedMessages messages(RetainedLimits limits) {
        return new RetainedMessages(limits, new Counters(), () -> 1_000_000);
    }
}
