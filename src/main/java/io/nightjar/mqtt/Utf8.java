package io.nightjar.mqtt;

/** Sizes of text in UTF-8. */
public final class Utf8 {
    private Utf8() {}

    /** Number of bytes of a well-formed text in UTF-8. */
    public static int size(String text) {
        int size = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                if (c < 0x800) {
                    size++;
                } else if (Character.isHighSurrogate(c)) {
                    size += 2;
                    i++;
                } else {
                    size += 2;
                }
            }
        }
        return size;
    }
}
