package io.nightjar.trace;

/**
 * Text of strangers, made safe for one line. A ClientID, a topic or a payload may hold anything, a whole forged line
 * among it; here every control character, every other character that some viewer takes for a line break or that turns
 * the writing direction, and every lone surrogate is written as an escape.
 */
final class LineText {
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private LineText() {}

    /** Writes a JSON string with its quotes, at most limit characters of the text and then how many are missing. */
    static void quoted(StringBuilder out, String text, int limit) {
        out.append('"');
        escaped(out, text, limit);
        out.append('"');
    }

    /**
     * Writes the text as it is if that is plain, else quoted. Plain is what has none of the extra characters and none
     * of comma, quote, backslash or anything that must be escaped, does not start or end with a space and is not empty.
     */
    static void plainOrQuoted(StringBuilder out, String text, String extra, int limit) {
        if (text.length() <= limit && isPlain(text, extra)) {
            out.append(text);
        } else {
            quoted(out, text, limit);
        }
    }

    private static boolean isPlain(String text, String extra) {
        if (text.isEmpty() || text.charAt(0) == ' ' || text.charAt(text.length() - 1) == ' ') {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ',' || c == '"' || c == '\\' || extra.indexOf(c) >= 0) {
                return false;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (mustEscape(c)) {
                return false;
            }
        }
        return true;
    }

    private static void escaped(StringBuilder out, String text, int limit) {
        int end = text.length();
        if (end > limit) {
            end = limit > 0 && Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
        }
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    boolean pair =
                            Character.isHighSurrogate(c) && i + 1 < end && Character.isLowSurrogate(text.charAt(i + 1));
                    if (pair) {
                        out.append(c).append(text.charAt(++i));
                    } else if (mustEscape(c)) {
                        out.append("\\u").append(HEX[c >> 12]).append(HEX[c >> 8 & 15]);
                        out.append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        if (end < text.length()) {
            out.append("...(").append(text.length() - end).append(" more characters)");
        }
    }

    /** Control, format (bidirectional and zero-width), line and paragraph separators, surrogates. */
    private static boolean mustEscape(char c) {
        if (c >= 0x20 && c < 0x7F) {
            return false;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    static void hex(StringBuilder out, byte b) {
        out.append(HEX[b >> 4 & 15]).append(HEX[b & 15]);
    }
}
