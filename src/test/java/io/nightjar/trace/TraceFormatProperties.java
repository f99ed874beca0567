package io.nightjar.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.QoS;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class TraceFormatProperties {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Property(tries = 300)
    void any_text_of_a_client_stays_one_line_and_reads_back(
            @ForAll String clientId, @ForAll String topic, @ForAll byte[] payload, @ForAll String value)
            throws Exception {
        Packet packet =
                new Packet.Publish(topic, Bytes.copyOf(payload), QoS.AT_MOST_ONCE, false, false, 0, Properties.NONE);
        TraceEvent event = new TraceEvent(
                1, TraceEvent.Tag.MQTT, TraceEvent.Level.DEBUG, "m", clientId, "p:1", packet, Map.of("value", value));

        for (String encode : new String[] {"text", "hex", "hidden"}) {
            String text = line("text", encode, event);
            String json = line("json", encode, event);

            assertThat(text.lines()).hasSize(1);
            assertThat(text.chars()).noneMatch(Character::isISOControl);
            assertThat(json.chars()).noneMatch(Character::isISOControl);
            JsonNode meta = JSON.readTree(json).get("meta");
            assertThat(meta.get("clientid").asText()).isEqualTo(clientId);
            assertThat(meta.get("value").asText()).isEqualTo(value);
        }
    }

    private static String line(String formatter, String encode, TraceEvent event) {
        return TraceFormat.of(new TraceDefinition("t", "clientid", "c", 0, 1, formatter, encode, 64, false))
                .line(event);
    }
}
