package io.nightjar.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.conformance.Normative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The size of a PUBLISH, counted by hand. */
class PublishSizeTest {
    @ParameterizedTest
    @CsvSource({
        // version, topic, payload, QoS, size: fixed header + topic + identifier + Property Length + payload
        "V3_1_1, t, 0, AT_MOST_ONCE, 5",
        "V3_1_1, t, 0, AT_LEAST_ONCE, 7",
        "V5, t, 0, AT_MOST_ONCE, 6",
        "V5, t, 0, EXACTLY_ONCE, 8",
        "V5, ä€😀, 3, AT_MOST_ONCE, 17",
        "V3_1_1, t, 124, AT_MOST_ONCE, 129",
        "V3_1_1, t, 125, AT_MOST_ONCE, 131",
        "V3_1_1, t, 16380, AT_MOST_ONCE, 16386",
        "V3_1_1, t, 16381, AT_MOST_ONCE, 16388"
    })
    @Normative("5.0/3.1.2-24")
    void it_counts_the_whole_packet(MqttVersion version, String topic, int payload, QoS qos, int size) {
        assertThat(PublishSize.of(version, topic, payload, qos, Properties.NONE))
                .isEqualTo(size);
    }

    @Test
    void it_counts_properties_in_mqtt_5_only() {
        Properties properties = Properties.of(Property.CONTENT_TYPE, "text");

        assertThat(PublishSize.of(MqttVersion.V5, "t", 0, QoS.AT_MOST_ONCE, properties))
                .isEqualTo(6 + 7);
        assertThat(PublishSize.of(MqttVersion.V3_1_1, "t", 0, QoS.AT_MOST_ONCE, properties))
                .isEqualTo(5);
    }
}
