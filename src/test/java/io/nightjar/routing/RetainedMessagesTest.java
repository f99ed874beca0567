package io.nightjar.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import io.nightjar.conformance.OftenWrong;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Message;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RetainedMessagesTest {
    private final Counters counters = new Counters();
    private final AtomicLong now = new AtomicLong(1_000_000);

    @Test
    void what_is_published_here_is_later_than_all_that_was_seen_here() {
        RetainedMessages here = messages(RetainedLimits.DEFAULT);
        RetainedMessages there = messages(RetainedLimits.DEFAULT);
        here.store(message("t", "from the future", 9_000_000), "clock-ahead");
        there.store(message("t", "from the future", 9_000_000), "clock-ahead");

        Message first = here.publish(message("t", "2", 1_000_000), "n1");
        Message second = here.publish(message("t", "1", 1_000_000), "n1");

        assertThat(here.get("t", 0).payload().text()).isEqualTo("1");
        assertThat(there.store(second, "n1")).isTrue();
        assertThat(there.store(first, "n1")).isFalse();
        assertThat(there.get("t", 0).payload().text()).isEqualTo("1");
    }

    @Test
    @Normative({"5.0/3.3.1-6", "5.0/3.3.1-7"})
    void an_empty_payload_deletes_and_an_older_message_does_not_come_back() {
        RetainedMessages all = messages(RetainedLimits.DEFAULT);
        all.publish(message("t", "x", 5), "n1");

        all.publish(message("t", "", 6), "n1");

        assertThat(all.match("#", 6).hasNext()).isFalse();
        assertThat(all.get("t", 6)).isNull();
        assertThat(all.count()).isZero();
        assertThat(all.bytes()).isZero();
        assertThat(all.store(message("t", "old", 4), "n2")).isFalse();
        assertThat(all.store(message("t", "new", 7), "n2")).isTrue();
    }

    @Test
    void the_brokers_own_topics_neither_fill_the_limits_nor_are_stopped_by_them() {
        RetainedMessages all = messages(new RetainedLimits(1, 10, 1000));
        List<Retained> told = new ArrayList<>();
        all.setChanges(told::add);

        all.publish(message("$SYS/brokers/a/version", "longer than ten bytes", 5), "n1");
        all.publish(message("device", "x", 5), "n1");
        all.publish(message("$SYS/brokers/a/uptime", "1", 5), "n1");
        all.publish(message("other", "x", 5), "n1");

        assertThat(all.get("$SYS/brokers/a/version", 5)).isNotNull();
        assertThat(all.get("$SYS/brokers/a/uptime", 5)).isNotNull();
        assertThat(all.get("device", 5)).isNotNull();
        assertThat(all.get("other", 5)).isNull();
        assertThat(all.count()).isEqualTo(1);
        assertThat(counters.get(Counter.RETAINED_REFUSED)).isEqualTo(1);
        assertThat(told).extracting(retained -> retained.message().topic()).containsExactly("device");
    }

    @Test
    void what_a_node_that_is_gone_retained_can_be_forgotten_here() {
        RetainedMessages all = messages(RetainedLimits.DEFAULT);
        all.publish(message("$SYS/brokers/a/version", "1", 5), "a");
        all.publish(message("$SYS/brokers/a/stats/x", "1", 5), "a");
        all.publish(message("$SYS/brokers/b/version", "1", 5), "b");

        int forgotten = all.forget("$SYS/brokers/a/#");

        assertThat(forgotten).isEqualTo(2);
        assertThat(all.get("$SYS/brokers/a/version", 5)).isNull();
        assertThat(all.get("$SYS/brokers/b/version", 5)).isNotNull();
        assertThat(all.store(message("$SYS/brokers/a/version", "2", 6), "a")).isTrue();
    }

    @Test
    void tombstones_are_forgotten_after_a_while_and_are_limited() {
        RetainedMessages all = messages(RetainedLimits.DEFAULT);
        for (int i = 0; i < RetainedMessages.MOST_TOMBSTONES + 10; i++) {
            all.publish(message("t/" + i, "", 5), "n1");
        }
        assertThat(all.tombstones()).isEqualTo(RetainedMessages.MOST_TOMBSTONES);

        all.sweep(now.get() + RetainedMessages.TOMBSTONE_MILLIS - 1);
        assertThat(all.tombstones()).isEqualTo(RetainedMessages.MOST_TOMBSTONES);
        all.sweep(now.get() + RetainedMessages.TOMBSTONE_MILLIS);
        assertThat(all.tombstones()).isZero();
        assertThat(all.snapshot().hasNext()).isFalse();
    }

    @Test
    @Normative({"5.0/3.3.2-5", "5.0/3.3.2.3.3"})
    @OftenWrong(6)
    void expired_messages_are_not_found_and_are_swept() {
        RetainedMessages all = messages(RetainedLimits.DEFAULT);
        all.publish(expiring("t/1", 10, 1_000_000), "n1");
        all.publish(message("t/2", "stays", 1_000_000), "n1");

        assertThat(topics(all.match("t/+", 1_009_999))).containsExactly("t/1", "t/2");
        assertThat(topics(all.match("t/+", 1_010_000))).containsExactly("t/2");
        assertThat(all.count()).isEqualTo(2);
        assertThat(all.sweep(1_010_000)).isEqualTo(1);
        assertThat(all.count()).isEqualTo(1);
        assertThat(all.sweep(1_010_000)).isZero();
    }

    @Test
    void over_a_limit_a_message_is_refused_and_counted_and_the_old_one_stays() {
        RetainedMessages all = messages(new RetainedLimits(8, 10, 8 * RetainedLimits.OVERHEAD + 100));
        for (int i = 0; i < 8; i++) {
            assertThat(all.publish(message("t/" + i, "x", 5), "n1")).isNotNull();
        }

        assertThat(all.publish(message("t/8", "x", 5), "n1")).isNull();
        assertThat(all.publish(message("t/0", "12345678901", 6), "n1")).isNull();
        assertThat(all.publish(message("t/0", "1234567890", 6), "n1")).isNotNull();
        assertThat(all.get("t/0", 6).payload().text()).isEqualTo("1234567890");
        assertThat(counters.get(Counter.RETAINED_REFUSED)).isEqualTo(2);

        assertThat(all.store(message("t/8", "x", 5), "n2")).isTrue();
        assertThat(all.store(message("t/9", "x", 5), "n2")).isFalse();
        assertThat(counters.get(Counter.RETAINED_REFUSED)).isEqualTo(3);

        all.publish(message("t/1", "", 6), "n1");
        all.publish(message("t/2", "", 6), "n1");
        assertThat(all.publish(message("t/8", "y", 9), "n1")).isNotNull();
    }

    @Test
    void total_bytes_are_limited() {
        RetainedMessages all = messages(new RetainedLimits(100, 1000, 2 * RetainedLimits.OVERHEAD));

        assertThat(all.publish(message("t/1", "x".repeat(100), 5), "n1")).isNotNull();
        assertThat(all.publish(message("t/2", "x".repeat(200), 5), "n1")).isNull();
        assertThat(all.publish(message("t/1", "x", 6), "n1")).isNotNull();
        assertThat(all.bytes()).isEqualTo(1 + 3 + RetainedLimits.OVERHEAD);
    }

    @Test
    void every_change_is_told_in_order() {
        RetainedMessages all = messages(RetainedLimits.DEFAULT);
        List<String> heard = new ArrayList<>();
        all.setChanges(change -> heard.add(
                change.isTombstone() ? "deleted" : change.message().payload().text()));

        all.publish(message("t", "1", 5), "n1");
        all.store(message("t", "0", 4), "n2");
        all.publish(message("t", "", 6), "n1");
        all.publish(expiring("t", 1, 7), "n1");
        all.sweep(2000);

        assertThat(heard).containsExactly("1", "deleted", "e", "deleted");
    }

    private RetainedMessages messages(RetainedLimits limits) {
        return new RetainedMessages(limits, counters, now::get);
    }

    private static List<String> topics(Iterator<Message> messages) {
        List<String> list = new ArrayList<>();
        messages.forEachRemaining(message -> list.add(message.topic()));
        return list;
    }

    private static Message message(String topic, String payload, long at) {
        return Recorder.message(topic, payload, 1, true, "p", at);
    }

    private static Message expiring(String topic, long seconds, long at) {
        Properties properties = Properties.of(Property.MESSAGE_EXPIRY_INTERVAL, seconds);
        return new Message(topic, Bytes.utf8("e"), QoS.AT_LEAST_ONCE, true, properties, "p", at);
    }
}
