package io.nightjar.diagnosis;

/**
 * Whose side an end came from, how sure that is, and one sentence an operator can act on.
 *
 * @param advice empty if there is none
 */
public record Verdict(Side side, Confidence confidence, String advice) {
    /** Whose side. */
    public enum Side {
        CLIENT("client"),
        NETWORK("network"),
        SERVER("server"),
        UNKNOWN("unknown");

        private final String word;

        Side(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** How sure. */
    public enum Confidence {
        CERTAIN("certain"),
        LIKELY("likely"),
        POSSIBLE("possible");

        private final String word;

        Confidence(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }
}
