package io.nightjar.auth;

import java.text.Normalizer;
import org.jspecify.annotations.Nullable;

/**
 * SASLprep [RFC 4013]: one spelling of a user name or password, so that the same text typed on two keyboards is the
 * same bytes. Other spaces become U+0020, characters that show nothing go, the rest is normalised by NFKC; control
 * characters, private use, non-characters, tags and mixed directions are refused.
 *
 * <p>It differs from the RFC in one thing: NFKC is that of the JDK's Unicode, not of 3.2, and code points that 3.2 did
 * not have are taken, as the RFC allows for queries.
 */
public final class SaslPrep {
    private SaslPrep() {}

    /** The prepared text, or null if it has a character that may not be in it. Printable ASCII comes back as it is. */
    public static @Nullable String prepare(String text) {
        if (text.chars().allMatch(c -> c >= 0x20 && c < 0x7F)) {
            return text;
        }
        StringBuilder mapped = new StringBuilder(text.length());
        text.codePoints().filter(c -> !isMappedToNothing(c)).forEach(c -> mapped.appendCodePoint(isSpace(c) ? ' ' : c));
        if (mapped.codePoints().anyMatch(SaslPrep::isSurrogate)) {
            return null; // before NFKC, which may stumble over half a character
        }
        String prepared = Normalizer.normalize(mapped, Normalizer.Form.NFKC);
        boolean legal = prepared.codePoints().noneMatch(SaslPrep::isProhibited) && isOneDirection(prepared);
        return legal ? prepared : null;
    }

    /** Table B.1 of RFC 3454. */
    private static boolean isMappedToNothing(int c) {
        return c == 0x00AD
                || c == 0x034F
                || c == 0x1806
                || c >= 0x180B && c <= 0x180D
                || c >= 0x200B && c <= 0x200D
                || c == 0x2060
                || c >= 0xFE00 && c <= 0xFE0F
                || c == 0xFEFF;
    }

    /** Table C.1.2; U+200B, which it names too, is gone by then. */
    private static boolean isSpace(int c) {
        return c == 0x00A0 || c == 0x1680 || c >= 0x2000 && c <= 0x200A || c == 0x202F || c == 0x205F || c == 0x3000;
    }

    /** Tables C.1.2 and C.2.1 to C.9. */
    private static boolean isProhibited(int c) {
        return isSpace(c)
                || Character.isISOControl(c)
                || isOtherControl(c)
                || Character.getType(c) == Character.PRIVATE_USE
                || (c & 0xFFFE) == 0xFFFE
                || c >= 0xFDD0 && c <= 0xFDEF
                || isSurrogate(c)
                || c >= 0x2FF0 && c <= 0x2FFB
                || c == 0x0340
                || c == 0x0341
                || c == 0xE0001
                || c >= 0xE0020 && c <= 0xE007F;
    }

    /** Table C.2.2 above U+009F, C.6 and the marks of C.8. */
    private static boolean isOtherControl(int c) {
        return c == 0x06DD
                || c == 0x070F
                || c == 0x180E
                || c >= 0x200C && c <= 0x200F
                || c >= 0x2028 && c <= 0x202E
                || c >= 0x2060 && c <= 0x2063
                || c >= 0x206A && c <= 0x206F
                || c == 0xFEFF
                || c >= 0xFFF9 && c <= 0xFFFD
                || c >= 0x1D173 && c <= 0x1D17A;
    }

    private static boolean isSurrogate(int c) {
        return c >= 0xD800 && c <= 0xDFFF;
    }

    /** A text with a letter written from right to left has none of the other kind, and begins and ends with such one. */
    private static boolean isOneDirection(String text) {
        if (text.codePoints().noneMatch(SaslPrep::isRightToLeft)) {
            return true;
        }
        boolean mixed = text.codePoints()
                .anyMatch(c -> Character.getDirectionality(c) == Character.DIRECTIONALITY_LEFT_TO_RIGHT);
        return !mixed && isRightToLeft(text.codePointAt(0)) && isRightToLeft(text.codePointBefore(text.length()));
    }

    private static boolean isRightToLeft(int c) {
        byte direction = Character.getDirectionality(c);
        return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
                || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
    }
}
