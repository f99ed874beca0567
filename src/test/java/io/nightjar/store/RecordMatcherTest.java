package io.nightjar.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightjar.diagnosis.ConnectionEnd.Stage;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.metrics.Counters;
import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.PacketType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A search wants just what its filter wants, whatever the filter. */
class RecordMatcherTest {
    private static final String[] PEERS = {"10.0.0.1:5", "10.0.1.1:6", "192.168.1.9:7", "[2001:db8::7]:8", "[::1]:9", ""
    };
    private static final String[] IDS = {"a", "ab", "b/ä", "device-1", "device-22", ""};
    private static final String[] USERS = {"u", "1234", "admin"};
    private static final String[] SUBJECTS = {"CN=pump", "CN=valve"};
    private static final String[] LISTENERS = {"tcp:default", "wss:x"};
    private static final String[] RANGES = {
        "10.0.0.0/16", "10.0.1.0/24", "2001:db8::/32", "::1", "0.0.0.0/0", "10.0.0.1"
    };

    private final Random random = new Random(4711);
    private final RecorderFile recorder = RecorderFile.inMemory(2 << 20, "n", new Counters());

    @Test
    void a_search_finds_what_its_filter_wants_and_nothing_else() {
        for (int i = 0; i < 2_000; i++) {
            tell(i * 1000L);
        }
        List<RecordedEvent> all = new ArrayList<>();
        recorder.scan(EventFilter.ALL, all::add);
        assertThat(all).hasSizeGreaterThan(1_000);
        int found = 0;
        for (int i = 0; i < 500; i++) {
            EventFilter filter = filter();
            List<RecordedEvent> wanted = all.stream().filter(filter::test).toList();
            found += wanted.isEmpty() ? 0 : 1;

            List<RecordedEvent> got =
                    recorder.find(filter, Long.MAX_VALUE, 10_000).events();

            assertThat(got).as("%s", filter).isEqualTo(wanted);
        }
        assertThat(found).isGreaterThan(100);
    }

    private void tell(long at) {
        String id = of(IDS);
        switch (random.nextInt(5)) {
            case 0 -> recorder.connected(at, RecordedEnds.client(id, of(PEERS)), random.nextBoolean(), Map.of());
            case 1 -> recorder.denied(at, id, of(PEERS), PacketType.PUBLISH, "t", null);
            case 2 -> recorder.sessionEnded(at, id, "expired");
            default ->
                recorder.ended(RecordedEnds.end(
                        at,
                        Stage.values()[random.nextInt(3)],
                        DisconnectReason.of(
                                detail(),
                                "username",
                                random.nextBoolean() ? "fact" : "u",
                                random.nextBoolean() ? "certificate_subject" : "why",
                                of(SUBJECTS)),
                        id,
                        of(PEERS),
                        of(USERS),
                        of(LISTENERS)));
        }
    }

    private Detail detail() {
        return Detail.values()[random.nextInt(Detail.values().length)];
    }

    private EventFilter filter() {
        return new EventFilter(
                some() ? EnumSet.of(Kind.values()[random.nextInt(10)], Kind.ENDED) : Set.of(),
                some() ? Set.of(detail().reason().word(), "no_reason") : Set.of(),
                some() ? Set.of(detail().word()) : Set.of(),
                some() ? Set.of("client") : Set.of(),
                some() ? of(IDS) : null,
                some() ? random.nextBoolean() ? "device" : "ä" : null,
                some() ? of(USERS) : null,
                some() ? Cidr.parse(of(RANGES)) : null,
                some() ? of(LISTENERS) : null,
                some() ? random.nextInt(2_000_000) : 0,
                some() ? random.nextInt(2_000_000) : Long.MAX_VALUE,
                some() ? related() : null);
    }

    private EventFilter.Related related() {
        return new EventFilter.Related(
                random.nextBoolean() ? Set.of("CN=pump") : Set.of(),
                Set.of(RecordedEvent.address(of(PEERS)), "10.0.0.99", "no address"));
    }

    private boolean some() {
        return random.nextInt(4) == 0;
    }

    private String of(String[] texts) {
        return texts[random.nextInt(texts.length)];
    }
}
