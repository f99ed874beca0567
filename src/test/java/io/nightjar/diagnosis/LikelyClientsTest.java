package io.nightjar.diagnosis;

import static io.nightjar.diagnosis.Ends.connected;
import static io.nightjar.diagnosis.Ends.ended;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.LikelyClients.Likely;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Detail;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LikelyClientsTest {
    private static final RecordedEvent WITH_CERTIFICATE =
            Ends.event(Kind.FAILED, 9, "", "10.0.0.7", Detail.TLS_HANDSHAKE, "certificate_subject", "CN=pump");
    private static final RecordedEvent WITHOUT = Ends.event(Kind.FAILED, 9, "", "10.0.0.7", Detail.CONNECT_TIMEOUT);

    private static LikelyClients seen(List<RecordedEvent> events) {
        LikelyClients likely = new LikelyClients(List.of("CN=pump"), List.of("10.0.0.7"));
        events.forEach(likely::add);
        return likely;
    }

    static Stream<Arguments> rows() {
        RecordedEvent pump = connected(1, "pump", "10.9.9.9", "certificate_subject", "CN=pump");
        RecordedEvent spare = connected(2, "spare", "10.9.9.8", "certificate_subject", "CN=pump");
        RecordedEvent here = connected(3, "here", "10.0.0.7");
        RecordedEvent alsoHere = ended(4, "also-here", "10.0.0.7", Detail.PEER_FIN);
        RecordedEvent refused = Ends.event(Kind.REFUSED, 5, "refused", "10.0.0.7", Detail.CONNECT_BANNED);
        return Stream.of(
                Arguments.of("nobody was seen", WITHOUT, List.of(), null),
                Arguments.of(
                        "the same certificate", WITH_CERTIFICATE, List.of(pump), new Likely("pump", "certificate")),
                Arguments.of(
                        "certificate before address",
                        WITH_CERTIFICATE,
                        List.of(here, pump),
                        new Likely("pump", "certificate")),
                Arguments.of("two with one certificate", WITH_CERTIFICATE, List.of(pump, spare), null),
                Arguments.of("a certificate that nobody showed", WITH_CERTIFICATE, List.of(here), null),
                Arguments.of("the same address", WITHOUT, List.of(here), new Likely("here", "address")),
                Arguments.of("the same client twice", WITHOUT, List.of(here, here), new Likely("here", "address")),
                Arguments.of("two behind one NAT", WITHOUT, List.of(here, alsoHere), null),
                Arguments.of("one that was not let in", WITHOUT, List.of(refused), null),
                Arguments.of("another address", WITHOUT, List.of(pump), null));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void a_failure_belongs_to_the_one_client_that_can_have_made_it(
            String name, RecordedEvent failed, List<RecordedEvent> seen, Likely expected) {
        assertThat(seen(seen).of(failed)).isEqualTo(expected);
    }

    @Test
    void clients_of_several_nodes_are_put_together() {
        LikelyClients all = new LikelyClients(List.of(), List.of());
        all.add(seen(List.of(connected(1, "a", "10.0.0.7"))).part());
        assertThat(all.of(WITHOUT)).isEqualTo(new Likely("a", "address"));

        all.add(seen(List.of(connected(1, "b", "10.0.0.7"))).part());

        assertThat(all.of(WITHOUT)).isNull();
    }
}
