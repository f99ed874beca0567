package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.message.ConnectedClient;
import io.nightjar.metrics.Counters;
import io.nightjar.metrics.Counters.Counter;
import io.nightjar.mqtt.Delivery;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.routing.RetainedLimits;
import io.nightjar.routing.RetainedMessages;
import io.nightjar.routing.Router;
import io.nightjar.routing.Subscriber;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientEventTopicsTest {
    private final InstantSource clock = () -> Instant.ofEpochMilli(1_700_000_000_000L);
    private final Counters counters = new Counters();
    private final Router router = new Router(
            counters, new RetainedMessages(RetainedLimits.DEFAULT, counters, clock::millis), "n1", clock::millis);
    private final List<Delivery> deliveries = new ArrayList<>();

    @Test
    void events_go_to_subscribers_with_qos_0_and_are_not_retained() {
        subscribe();

        events(true).connected(client("tcp:default"), false);

        assertThat(deliveries).singleElement().satisfies(delivery -> {
            assertThat(delivery.message().topic()).isEqualTo("$SYS/brokers/n1/clients/c1/connected");
            assertThat(delivery.qos()).isEqualTo(QoS.AT_MOST_ONCE);
            assertThat(delivery.message().retain()).isFalse();
        });
        assertThat(counters.get(Counter.CLIENT_EVENTS)).isEqualTo(1);
    }

    @Test
    void only_listeners_that_want_them_have_events() {
        subscribe();
        ClientEventTopics events = events(true);

        events.connected(client("tcp:quiet"), false);
        events.disconnected(client("tcp:quiet"), ClientEventTextTest.end(DisconnectReason.of(Detail.PEER_FIN)));

        assertThat(deliveries).isEmpty();
    }

    @Test
    void nothing_is_written_while_nobody_subscribes() {
        events(true).connected(client("tcp:default"), false);

        assertThat(counters.get(Counter.CLIENT_EVENTS)).isZero();
    }

    @Test
    void off_is_off() {
        subscribe();
        ClientEventTopics events = events(false);

        events.connected(client("tcp:default"), false);
        events.lost(ClientEventTextTest.end(DisconnectReason.of(Detail.NODE_LOST)));

        assertThat(events.isOn()).isFalse();
        assertThat(deliveries).isEmpty();
    }

    @Test
    void the_end_with_a_node_that_is_gone_is_told_below_that_nodes_name() {
        subscribe();

        events(true).lost(ClientEventTextTest.end(DisconnectReason.of(Detail.NODE_LOST, "connection_node", "n1")));

        assertThat(deliveries).singleElement().satisfies(delivery -> {
            assertThat(delivery.message().topic()).isEqualTo("$SYS/brokers/n1/clients/a%2Fb%2B%23%25/disconnected");
            assertThat(delivery.message().payload().text())
                    .contains("\"reason\":\"internal_error\"", "\"detail\":\"node_lost\"", "\"proto_ver\":5");
        });
    }

    private ClientEventTopics events(boolean on) {
        return new ClientEventTopics(on, listener -> !listener.equals("tcp:quiet"), router, counters, clock, clock);
    }

    private static ConnectedClient client(String listener) {
        return ClientEventTextTest.client("10.0.0.7:5555", listener);
    }

    private void subscribe() {
        Subscriber subscriber = new Subscriber() {
            @Override
            public String clientId() {
                return "reader";
            }

            @Override
            public void deliver(Delivery delivery) {
                deliveries.add(delivery);
            }

            @Override
            public boolean isConnected() {
                return true;
            }
        };
        router.subscribe(subscriber, "$SYS/brokers/+/clients/#", SubscriptionOptions.of(QoS.AT_LEAST_ONCE), 0);
    }
}
