package io.nightjar.store;

import io.nightjar.diagnosis.EventFilter;
import io.nightjar.diagnosis.RecordedEvent;
import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.mqtt.Cidr;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An {@link EventFilter} made ready for one file: tells from the bytes of a record whether it is wanted, the cheapest
 * condition first, without making texts of them. Wants just what the filter wants. Belongs to one thread.
 */
final class RecordMatcher {
    private static final int MEMO = 1024;
    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3}\\.){3}\\d{1,3}");

    private final EventFilter filter;
    private final BitSet kinds = new BitSet();
    private final byte[] clientId;
    private final byte[] like;
    private final boolean fields;
    private final int reasonName;
    private final int detailName;
    private final int sideName;
    private final int usernameName;
    private final int listenerName;
    private final int subjectName;

    /** IPv4 addresses of {@link EventFilter#related} as they stand in a record, sorted. */
    private final int[] ipv4;

    /** Addresses that are no IPv4, and whether they lie in the range: a storm has few. */
    private final Map<String, Boolean> addresses = new HashMap<>();

    RecordMatcher(EventFilter filter, RecorderWords words) {
        this.filter = filter;
        for (Kind kind : filter.kinds()) {
            kinds.set(words.number(kind.word()));
        }
        kinds.clear(0);
        this.clientId = bytes(filter.clientId());
        this.like = bytes(filter.likeClientId());
        this.fields = !filter.reasons().isEmpty()
                || !filter.details().isEmpty()
                || !filter.sides().isEmpty()
                || filter.username() != null
                || filter.listener() != null;
        this.reasonName = words.number("reason");
        this.detailName = words.number("detail");
        this.sideName = words.number("side");
        this.usernameName = words.number("username");
        this.listenerName = words.number("listener");
        this.subjectName = words.number("certificate_subject");
        this.ipv4 = filter.related() == null ? new int[0] : ipv4(filter.related());
    }

    private static int[] ipv4(EventFilter.Related related) {
        return related.addresses().stream()
                .filter(address -> IPV4.matcher(address).matches())
                .mapToInt(RecordMatcher::ipv4)
                .sorted()
                .toArray();
    }

    private static int ipv4(String address) {
        byte[] bytes = new byte[4];
        String rest = address;
        for (int i = 0; i < 4; i++) {
            int dot = rest.indexOf('.');
            bytes[i] = (byte) Integer.parseInt(dot < 0 ? rest : rest.substring(0, dot));
            rest = rest.substring(dot + 1);
        }
        return Memory.getInt(bytes, 0);
    }

    private static byte[] bytes(@Nullable String text) {
        return text == null ? new byte[0] : RecordWriter.bytes(text);
    }

    /** Whether the record is wanted. */
    boolean wants(RecordView record) {
        return (filter.kinds().isEmpty() || kinds.get(record.kindWord()))
                && record.time() >= filter.fromMillis()
                && record.time() < filter.toMillis()
                && (filter.clientId() == null || isClient(record))
                && (like.length == 0 || isLike(record))
                && (filter.address() == null || isFrom(filter.address(), record))
                && (filter.related() == null || isRelated(filter.related(), record))
                && (!fields || hasFields(record));
    }

    private boolean isRelated(EventFilter.Related related, RecordView record) {
        int at = record.ipv4();
        boolean seen = at >= 0
                ? Arrays.binarySearch(ipv4, Memory.getInt(record.bytes(), at)) >= 0
                : related.addresses().contains(RecordedEvent.address(record.peer()));
        if (seen || related.subjects().isEmpty()) {
            return seen;
        }
        record.toFields();
        while (record.nextField()) {
            if (record.name() == subjectName) {
                return related.subjects().contains(record.value().toString());
            }
            record.skip();
        }
        return false;
    }

    private boolean isClient(RecordView record) {
        int from = record.clientIdStart();
        return record.clientIdLength() == clientId.length
                && Arrays.equals(record.bytes(), from, from + clientId.length, clientId, 0, clientId.length);
    }

    private boolean isLike(RecordView record) {
        byte[] bytes = record.bytes();
        byte first = like[0];
        int last = record.clientIdStart() + record.clientIdLength() - like.length;
        for (int i = record.clientIdStart(); i <= last; i++) {
            if (bytes[i] == first && Arrays.equals(bytes, i, i + like.length, like, 0, like.length)) {
                return true;
            }
        }
        return false;
    }

    private boolean isFrom(Cidr range, RecordView record) {
        int at = record.ipv4();
        if (at >= 0) {
            return range.contains(record.bytes(), at, 4);
        }
        String peer = record.peer();
        if (addresses.size() > MEMO) {
            addresses.clear();
        }
        String address = RecordedEvent.address(peer);
        return addresses.computeIfAbsent(address, range::contains);
    }

    private boolean hasFields(RecordView record) {
        boolean reason = filter.reasons().isEmpty();
        boolean detail = filter.details().isEmpty();
        boolean side = filter.sides().isEmpty();
        boolean username = filter.username() == null;
        boolean listener = filter.listener() == null;
        record.toFields();
        while (!(reason && detail && side && username && listener) && record.nextField()) {
            int name = record.name();
            if (!reason && name == reasonName) {
                if (!isOf(filter.reasons(), record)) {
                    return false;
                }
                reason = true;
            } else if (!detail && name == detailName) {
                if (!isOf(filter.details(), record)) {
                    return false;
                }
                detail = true;
            } else if (!side && name == sideName) {
                if (!isOf(filter.sides(), record)) {
                    return false;
                }
                side = true;
            } else if (!username && name == usernameName) {
                if (!record.value().equals(filter.username())) {
                    return false;
                }
                username = true;
            } else if (!listener && name == listenerName) {
                if (!record.value().equals(filter.listener())) {
                    return false;
                }
                listener = true;
            } else {
                record.skip();
            }
        }
        return reason && detail && side && username && listener;
    }

    private boolean isOf(Set<String> wanted, RecordView record) {
        return wanted.contains(record.value().toString());
    }
}
