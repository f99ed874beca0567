package io.nightjar.actor;

import io.nightjar.actor.HistoryMessages.Position;
import io.nightjar.message.History;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where a walk through the recorders of all nodes goes on: one position a node, as text that is opaque to the caller. */
final class HistoryCursor {
    private static final String VERSION = "1";

    /** More than a page ever leaves to pass over. */
    private static final int MOST_SKIPPED = 1000;

    private HistoryCursor() {}

    /** Node names hold no {@code :} and no {@code ;}. */
    static String format(Map<String, Position> positions) {
        StringBuilder text = new StringBuilder(VERSION);
        positions.forEach((node, position) -> text.append(';')
                .append(node)
                .append(':')
                .append(position.before())
                .append(':')
                .append(position.skip())
                .append(':')
                .append(position.untilMillis()));
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** @throws History.BadCursor if the text is none */
    static Map<String, Position> parse(String cursor) {
        try {
            String[] parts = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8).split(";", -1);
            Map<String, Position> positions = new LinkedHashMap<>();
            for (int i = 1; i < parts.length; i++) {
                String[] words = parts[i].split(":", -1);
                Position position =
                        new Position(Long.parseLong(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[3]));
                if (words.length != 4 || position.skip() < 0 || position.skip() > MOST_SKIPPED) {
                    throw new History.BadCursor();
                }
                positions.put(words[0], position);
            }
            if (!parts[0].equals(VERSION) || positions.isEmpty()) {
                throw new History.BadCursor();
            }
            return positions;
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException notOurs) {
            throw new History.BadCursor();
        }
    }
}
