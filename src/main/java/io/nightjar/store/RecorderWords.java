package io.nightjar.store;

import io.nightjar.diagnosis.RecordedEvent.Kind;
import io.nightjar.diagnosis.Verdict.Confidence;
import io.nightjar.diagnosis.Verdict.Side;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The words of one recorder file, each by its number: names of fields, and values that come again and again. They stand
 * in the file itself, so that what one version wrote another reads, whatever became of its enums. New ones are added at
 * the end until the room is full; then they are spelled out where they are used. Thread-safe.
 *
 * <pre>
 * entry: u16 length | u16 check | UTF-8       length 0: the end
 * last 16 bytes: when the node was last known to be alive, milliseconds since 1970, and the same with all bits turned
 * </pre>
 */
final class RecorderWords {
    /** Number of the first word: 0 ends a record's fields, 1 says that a name is spelled out. */
    static final int FIRST = 2;

    static final int LONGEST = 512;

    private static final int ENTRY_HEAD = 4;
    private static final int ALIVE = 16;

    /** Names of fields, the most frequent first: the first 126 words take one byte. Only ever add at the end. */
    private static final List<String> NAMES = List.of(
            ("reason detail side confidence reason_code advice username listener transport node protocol_version "
                            + "clean_start keep_alive_s session_expiry_s connected_for_ms packets_in packets_out messages_in "
                            + "messages_out bytes_in bytes_out last_in_age_ms last_out_age_ms inflight queued dropped last_in "
                            + "last_out unsent_bytes tcp_state tcp_rtt_us tcp_rttvar_us tcp_retransmits tcp_retransmits_total "
                            + "tcp_unacked tcp_lost tcp_last_data_sent_age_ms tcp_last_data_received_age_ms "
                            + "tcp_last_ack_received_age_ms errno session_present filter code what topic rule why count "
                            + "silent_ms repeated truncated proxy tls_version sni certificate_subject problem limit "
                            + "authenticator by packet tcp_info")
                    .split(" "));

    /** Words by number less {@link #FIRST}; replaced as a whole, never changed. */
    private volatile String[] words = {};

    private final Map<String, Word> numbers = new ConcurrentHashMap<>();
    private final ByteBuffer region;
    private int end;

    /** A word and its number. */
    record Word(int number, String text) {}

    /** @param region where they stand; its position does not matter */
    RecorderWords(ByteBuffer region) {
        this.region = region;
        load();
    }

    private void load() {
        List<String> found = new ArrayList<>();
        while (end + ENTRY_HEAD <= region.capacity()) {
            int length = Short.toUnsignedInt(region.getShort(end));
            if (length == 0 || length > LONGEST || end + ENTRY_HEAD + length > region.capacity()) {
                break;
            }
            byte[] bytes = new byte[length];
            region.get(end + ENTRY_HEAD, bytes);
            if (region.getShort(end + 2) != (short) Arrays.hashCode(bytes)) {
                break;
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            numbers.put(text, new Word(FIRST + found.size(), text));
            found.add(text);
            end += ENTRY_HEAD + length;
        }
        words = found.toArray(String[]::new);
    }

    /** Adds all words that this version knows and the file does not yet. */
    void addKnown() {
        NAMES.forEach(this::intern);
        Arrays.stream(Kind.values()).map(Kind::word).forEach(this::intern);
        Arrays.stream(Reason.values()).map(Reason::word).forEach(this::intern);
        Arrays.stream(Side.values()).map(Side::toString).forEach(this::intern);
        Arrays.stream(Confidence.values()).map(Confidence::toString).forEach(this::intern);
        Arrays.stream(Detail.values()).map(Detail::word).forEach(this::intern);
    }

    /** The word of this number, or null if there is none. */
    @Nullable
    String text(int number) {
        String[] all = words;
        int at = number - FIRST;
        return at >= 0 && at < all.length ? all[at] : null;
    }

    /** The number of a word, or 0 if it is none. */
    int number(String text) {
        Word word = numbers.get(text);
        return word == null ? 0 : word.number;
    }

    int size() {
        return words.length;
    }

    /** Whether less than half of the room is left: what may come in any number is spelled out then. */
    boolean isHalfFull() {
        return end > region.capacity() / 2;
    }

    /** The number of a word, which is added if it is new; 0 if it is too long or there is no room. */
    int intern(String text) {
        Word word = numbers.get(text);
        return word != null ? word.number : add(text);
    }

    private synchronized int add(String text) {
        Word other = numbers.get(text);
        if (other != null) {
            return other.number;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean lossless = new String(bytes, StandardCharsets.UTF_8).equals(text); // not with half a surrogate pair
        if (bytes.length == 0
                || bytes.length > LONGEST
                || !lossless
                || region.isReadOnly()
                || end + ENTRY_HEAD + bytes.length + ENTRY_HEAD > region.capacity() - ALIVE
                || words.length >= Short.MAX_VALUE) {
            return 0;
        }
        region.putShort(end + ENTRY_HEAD + bytes.length, (short) 0);
        region.put(end + ENTRY_HEAD, bytes);
        region.putShort(end + 2, (short) Arrays.hashCode(bytes));
        Memory.publishShort(region, end, (short) bytes.length);
        end += ENTRY_HEAD + bytes.length;
        String[] more = Arrays.copyOf(words, words.length + 1);
        more[words.length] = text;
        words = more;
        int number = FIRST + more.length - 1;
        numbers.put(text, new Word(number, text));
        return number;
    }

    // ---- the node's last breath

    /** Says that the node is alive. For one thread at a time. */
    void alive(long millis) {
        int at = region.capacity() - ALIVE;
        if (end <= at) {
            region.putLong(at, millis);
            region.putLong(at + 8, ~millis);
        }
    }

    /** When it last said so, or 0 if that is unknown. */
    long aliveMillis() {
        int at = region.capacity() - ALIVE;
        long millis = region.getLong(at);
        return end <= at && region.getLong(at + 8) == ~millis ? millis : 0;
    }
}
