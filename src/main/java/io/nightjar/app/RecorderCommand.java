package io.nightjar.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.RecordedEvents;
import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.Reason;
import io.nightjar.store.RecorderFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code recorder FILE}: shows what a flight recorder holds, of a node that is dead or alive, or of a copy. Reads only.
 * The newest {@code --limit} events, oldest of them first as in a log, one a line; or their numbers.
 */
final class RecorderCommand {
    private static final String USAGE =
            """
            usage: recorder FILE [--clientid ID] [--like TEXT] [--username NAME] [--ip ADDRESS or CIDR]
                   [--event KIND,..] [--reason WORD,..] [--detail WORD,..] [--side WORD,..] [--listener ID]
                   [--from TIME] [--to TIME] [--limit N] [--newest-first] [--json] [--summary]""";

    private static final int DEFAULT_LIMIT = 1000;
    private static final int PAGE = 1000;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;
    private final PrintStream err;
    private final ZoneId zone;

    RecorderCommand(PrintStream out, PrintStream err, ZoneId zone) {
        this.out = out;
        this.err = err;
        this.zone = zone;
    }

    /** What was asked for. */
    private static final class Order {
        private @Nullable Path file;
        private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        private final Set<String> reasons = new LinkedHashSet<>();
        private final Set<String> details = new LinkedHashSet<>();
        private final Set<String> sides = new LinkedHashSet<>();
        private @Nullable String clientId;
        private @Nullable String like;
        private @Nullable String username;
        private @Nullable Cidr address;
        private @Nullable String listener;
        private long from;
        private long to = Long.MAX_VALUE;
        private int limit = DEFAULT_LIMIT;
        private boolean newestFirst;
        private boolean json;
        private boolean summary;

        EventFilter filter() {
            return new EventFilter(
                    kinds, reasons, details, sides, clientId, like, username, address, listener, from, to);
        }
    }

    /** The exit code. */
    int run(List<String> args) {
        Order order;
        try {
            order = order(args);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage() + "\n" + USAGE);
            return Main.EXIT_USAGE;
        }
        Path file = order.file;
        if (file == null) {
            err.println("which file? It is " + RecorderFile.NAME + " in a node's data directory\n" + USAGE);
            return Main.EXIT_USAGE;
        }
        try {
            RecordedEvents events = RecorderFile.read(Files.isDirectory(file) ? file.resolve(RecorderFile.NAME) : file);
            if (order.summary) {
                summarize(events, order.filter());
            } else {
                show(events, order);
            }
            return 0;
        } catch (NoSuchFileException e) {
            err.println("there is no file " + e.getFile());
            return Main.EXIT_FAILED;
        } catch (IOException e) {
            err.println("cannot read " + file + ": " + e.getMessage());
            return Main.EXIT_FAILED;
        }
    }

    // ---- the command line

    private static Order order(List<String> args) {
        Order order = new Order();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            switch (arg) {
                case "--json" -> order.json = true;
                case "--summary" -> order.summary = true;
                case "--newest-first" -> order.newestFirst = true;
                default -> {
                    if (!arg.startsWith("--") && order.file == null) {
                        order.file = Path.of(arg);
                    } else if (!arg.startsWith("--")) {
                        throw new IllegalArgumentException("one file only");
                    } else if (i + 1 == args.size()) {
                        throw new IllegalArgumentException(arg + " is unknown or needs a value");
                    } else {
                        option(order, arg, args.get(++i));
                    }
                }
            }
        }
        return order;
    }

    private static void option(Order order, String name, String value) {
        switch (name) {
            case "--clientid" -> order.clientId = value;
            case "--like" -> order.like = value;
            case "--username" -> order.username = value;
            case "--listener" -> order.listener = value;
            case "--ip" -> order.address = address(value);
            case "--event" -> words(value).forEach(word -> order.kinds.add(kind(word)));
            case "--reason" -> words(value).forEach(word -> order.reasons.add(reason(word)));
            case "--detail" -> order.details.addAll(words(value));
            case "--side" -> order.sides.addAll(words(value));
            case "--from" -> order.from = time(value);
            case "--to" -> order.to = time(value);
            case "--limit" -> order.limit = limit(value);
            default -> throw new IllegalArgumentException("unknown argument " + name);
        }
    }

    private static List<String> words(String value) {
        return List.of(value.split(","));
    }

    private static Cidr address(String value) {
        Cidr range = Cidr.parse(value);
        if (range == null) {
            throw new IllegalArgumentException(
                    "--ip is an address or a range as in 10.0.0.0/8, and " + value + " is none");
        }
        return range;
    }

    private static Kind kind(String word) {
        for (Kind kind : Kind.values()) {
            if (kind.word().equals(word)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("there is no event " + word + ", but "
                + String.join(
                        ", ", EnumSet.allOf(Kind.class).stream().map(Kind::word).toList()));
    }

    private static String reason(String word) {
        Reason reason = Reason.of(word);
        if (reason == null) {
            throw new IllegalArgumentException("there is no reason " + word + ", but "
                    + String.join(
                            ", ",
                            EnumSet.allOf(Reason.class).stream()
                                    .map(Reason::word)
                                    .toList()));
        }
        return reason.word();
    }

    /** RFC 3339, or seconds since 1970. */
    private static long time(String text) {
        try {
            return text.matches("\\d{1,12}")
                    ? Long.parseLong(text) * 1000
                    : OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    text + " is no time: 2026-11-24T10:00:00+01:00, 2026-11-24T09:00:00Z or seconds since 1970");
        }
    }

    private static int limit(String text) {
        if (!text.matches("[1-9]\\d{0,7}")) {
            throw new IllegalArgumentException("--limit is 1 to 99999999");
        }
        return Integer.parseInt(text);
    }

    // ---- events

    private void show(RecordedEvents events, Order order) {
        List<RecordedEvent> held = new ArrayList<>();
        long before = Long.MAX_VALUE;
        int left = order.limit;
        while (before >= 0 && left > 0) {
            RecordedEvents.Slice slice = events.find(order.filter(), before, Math.min(left, PAGE));
            if (order.newestFirst) {
                slice.events().forEach(event -> line(event, order.json));
            } else {
                held.addAll(slice.events());
            }
            before = slice.next();
            left -= slice.events().size();
        }
        Collections.reverse(held);
        held.forEach(event -> line(event, order.json));
        out.flush();
    }

    private void line(RecordedEvent event, boolean json) {
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("at", at(event.atMillis()));
            fields.put("event", event.kind().word());
            fields.put("clientid", event.clientId());
            if (!event.peer().isEmpty()) {
                fields.put("peername", event.peer());
            }
            event.fields().forEach(fields::putIfAbsent);
            try {
                out.println(JSON.writeValueAsString(fields));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("texts and numbers always go", e);
            }
            return;
        }
        StringBuilder line = new StringBuilder(400);
        line.append(at(event.atMillis()))
                .append(' ')
                .append(event.kind().word())
                .append(" clientid=");
        EndLog.quote(line, event.clientId());
        if (!event.peer().isEmpty()) {
            line.append(" peer=");
            EndLog.value(line, event.peer());
        }
        event.fields().forEach((name, value) -> {
            line.append(' ').append(name).append('=');
            EndLog.value(line, value);
        });
        out.println(line);
    }

    private String at(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis).atZone(zone));
    }

    // ---- their numbers

    private void summarize(RecordedEvents events, EventFilter filter) {
        Map<String, Long> kinds = new TreeMap<>();
        Map<String, Long> causes = new TreeMap<>();
        long[] times = {Long.MAX_VALUE, Long.MIN_VALUE};
        events.scan(filter, event -> {
            long count = event.times();
            kinds.merge(event.kind().word(), count, Long::sum);
            if (event.kind().isEnd()) {
                causes.merge(event.text("reason") + "/" + event.text("detail"), count, Long::sum);
            }
            times[0] = Math.min(times[0], event.atMillis());
            times[1] = Math.max(times[1], event.atMillis());
        });
        if (kinds.isEmpty()) {
            out.println("no event");
            return;
        }
        out.println("from " + at(times[0]) + " to " + at(times[1]));
        kinds.forEach((word, count) -> out.printf("%10d %s%n", count, word));
        causes.forEach((word, count) -> out.printf("%10d %s%n", count, word));
    }
}
