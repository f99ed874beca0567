package io.nightjar.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.nightjar.conformance.Normative;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is on its way to a client: each identifier once, everything again and in order after a resume. */
class InflightTest {
    private static final int ALL = 65_535;

    private final Inflight inflight = new Inflight();
    /** What it should hold: by identifier, in the order of first sending. */
    private final Map<Integer, Delivery> published = new LinkedHashMap<>();

    private final Set<Integer> released = new LinkedHashSet<>();
    private int counter;

    private Delivery delivery(QoS qos) {
        Message message =
                new Message("t/" + counter++, Bytes.wrap(new byte[0]), qos, false, Properties.NONE, "publisher", 0);
        return new Delivery(message, qos, false, List.of(), null);
    }

    private int add(QoS qos) {
        Delivery delivery = delivery(qos);
        int packetId = inflight.add(delivery);
        assertThat(packetId).isBetween(1, ALL);
        assertThat(released).doesNotContain(packetId);
        assertThat(published.put(packetId, delivery)).isNull();
        return packetId;
    }

    private void complete(int packetId) {
        inflight.complete(packetId);
        published.remove(packetId);
    }

    private void release(int packetId) {
        inflight.release(packetId);
        published.remove(packetId);
        released.add(packetId);
    }

    private void check() {
        assertThat(inflight.size()).isEqualTo(published.size() + released.size());
        assertThat(inflight.unacknowledged()).containsExactlyElementsOf(published.values());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 100, 3000})
    @Normative({"5.0/2.2.1-4", "5.0/4.6.0-1", "5.0/4.6.0-4", "5.0/4.4.0-1"})
    void it_does_what_a_map_in_order_of_sending_does(int window) {
        Random random = new Random(window);
        Set<Integer> toResend = new LinkedHashSet<>();
        for (int step = 0; step < 60_000; step++) {
            int choice = random.nextInt(100);
            List<Integer> ids = step % 97 == 0 || choice >= 45 ? new ArrayList<>(published.keySet()) : List.of();
            int open = published.size() - toResend.size() + released.size();
            assertThat(inflight.hasRoom(open)).isFalse();
            assertThat(inflight.hasRoom(open + 1)).isTrue();
            assertThat(inflight.hasResend()).isEqualTo(!toResend.isEmpty());
            if (choice < 45) {
                if (open < window && toResend.isEmpty()) {
                    add(choice < 30 ? QoS.AT_LEAST_ONCE : QoS.EXACTLY_ONCE);
                }
            } else if (choice < 80 && !ids.isEmpty()) {
                int packetId = ids.get(random.nextInt(Math.min(ids.size(), 20)));
                boolean qos1 = published.get(packetId).qos() == QoS.AT_LEAST_ONCE;
                assertThat(inflight.isPublished(packetId, QoS.AT_LEAST_ONCE)).isEqualTo(qos1);
                assertThat(inflight.isPublished(packetId, QoS.EXACTLY_ONCE)).isEqualTo(!qos1);
                if (qos1) {
                    complete(packetId);
                } else {
                    release(packetId);
                }
                toResend.remove(packetId);
            } else if (choice < 97 && !released.isEmpty()) {
                int packetId = released.iterator().next();
                inflight.completeReleased(packetId);
                released.remove(packetId);
                assertThat(inflight.isInUse(packetId)).isFalse();
            } else if (choice == 99 && random.nextInt(50) == 0) {
                assertThat(inflight.resume()).containsExactlyElementsOf(released);
                toResend.clear();
                toResend.addAll(ids);
            }
            if (!toResend.isEmpty() && random.nextBoolean()) {
                int packetId = toResend.iterator().next();
                toResend.remove(packetId);
                assertThat(inflight.nextResend()).isEqualTo(new Inflight.Sent(packetId, published.get(packetId)));
            }
            if (step % 97 == 0) {
                check();
            }
        }
        check();
    }

    @Test
    @Normative("5.0/4.6.0-1")
    void what_is_not_acknowledged_for_many_rounds_of_identifiers_stays_the_first() {
        int stuck = add(QoS.AT_LEAST_ONCE);
        for (int i = 0; i < 3 * ALL; i++) {
            complete(add(QoS.AT_LEAST_ONCE));
        }
        int second = add(QoS.EXACTLY_ONCE);
        check();

        inflight.resume();

        assertThat(inflight.nextResend()).isEqualTo(new Inflight.Sent(stuck, published.get(stuck)));
        assertThat(inflight.nextResend()).isEqualTo(new Inflight.Sent(second, published.get(second)));
        assertThat(inflight.nextResend()).isNull();
    }

    @Test
    @Normative("5.0/2.2.1-4")
    void all_identifiers_can_be_in_use_and_the_last_free_one_is_found() {
        for (int i = 0; i < ALL; i++) {
            add(QoS.EXACTLY_ONCE);
        }
        check();
        List<Integer> ids = new ArrayList<>(published.keySet());
        for (int packetId : ids) {
            release(packetId);
        }
        check();
        for (int packetId : List.of(3, 4, 5, 12)) { // 4 and 12, were there eight places, share one
            inflight.completeReleased(packetId);
            released.remove(packetId);
        }

        for (int i = 0; i < 4; i++) {
            add(QoS.AT_LEAST_ONCE);
        }

        assertThat(published.keySet()).containsExactlyInAnyOrder(3, 4, 5, 12);
        assertThat(inflight.hasRoom(ALL)).isFalse();
        check();
    }

    @Test
    void what_people_see_goes_on_after_the_one_they_know() {
        int first = add(QoS.AT_LEAST_ONCE);
        int second = add(QoS.EXACTLY_ONCE);
        int third = add(QoS.AT_LEAST_ONCE);
        release(second);

        assertThat(inflight.from("", 2))
                .extracting(HeldMessage::packetId, HeldMessage::delivery)
                .containsExactly(tuple(first, published.get(first)), tuple(third, published.get(third)));
        assertThat(inflight.from(Integer.toString(third), 2))
                .containsExactly(new HeldMessage(Integer.toString(second), second, null));
        complete(first);
        assertThat(inflight.from(Integer.toString(first), 2)).isNull();
    }
}
