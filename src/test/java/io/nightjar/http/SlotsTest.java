package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class SlotsTest {
    private static final ActorTestKit KIT = ActorTestKit.create(ManualTime.config());
    private static final ManualTime TIME = ManualTime.get(KIT.system());
    private static final Source<ByteString, NotUsed> BYTES = Source.single(ByteString.fromString("x"));

    private final Slots slots = new Slots(2);

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private Slots.Slot take() {
        return Objects.requireNonNull(slots.take());
    }

    @Test
    void no_more_than_there_are_can_be_taken_and_each_is_given_back_once() {
        Slots.Slot one = take();
        take();

        assertThat(slots.take()).isNull();
        one.free();
        one.free();
        assertThat(slots.taken()).isOne();
        take();
        assertThat(slots.take()).isNull();
    }

    @Test
    void an_answer_holds_its_slot_until_its_last_byte_however_long_it_takes() {
        CompletableFuture<ByteString> last = new CompletableFuture<>();
        CompletionStage<?> read = take().holdFor(BYTES.concat(Source.completionStage(last)), KIT.system())
                .runWith(Sink.ignore(), KIT.system());
        TIME.timePasses(Slots.BEGINS.multipliedBy(3));
        assertThat(slots.taken()).isOne();

        last.complete(ByteString.emptyByteString());
        read.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
        await().untilAsserted(() -> assertThat(slots.taken()).isZero());
    }

    @Test
    void an_answer_that_nobody_reads_gives_its_slot_back_and_cannot_begin_later() {
        Source<ByteString, NotUsed> bytes = take().holdFor(BYTES, KIT.system());
        TIME.timePasses(Slots.BEGINS.minusSeconds(1));
        assertThat(slots.taken()).isOne();

        TIME.timePasses(Slots.BEGINS);
        await().untilAsserted(() -> assertThat(slots.taken()).isZero());
        CompletableFuture<?> read =
                bytes.runWith(Sink.ignore(), KIT.system()).toCompletableFuture().orTimeout(30, TimeUnit.SECONDS);
        assertThatThrownBy(read::join).hasMessageContaining("nobody asked for this answer");
        assertThat(slots.taken()).isZero();
    }
}
