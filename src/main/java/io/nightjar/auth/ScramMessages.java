package io.nightjar.auth;

import io.nightjar.mqtt.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Reads what a client says in SCRAM [RFC 5802, 7]. Strict: whatever is not in the grammar is refused. */
final class ScramMessages {
    private ScramMessages() {}

    /**
     * @param gs2Header with its commas, which the client's last message repeats
     * @param bare the message without it
     * @param username decoded and prepared
     */
    record ClientFirst(String gs2Header, String bare, String username, String nonce) {}

    /** @param withoutProof the message up to the proof */
    record ClientFinal(String channelBinding, String nonce, String withoutProof, byte[] proof) {}

    /** Says what is wrong in words that hold nothing of the message. */
    static final class Malformed extends Exception {
        Malformed(String problem) {
            super(problem, null, false, false);
        }

        String problem() {
            return String.valueOf(getMessage());
        }
    }

    static ClientFirst first(Bytes data) throws Malformed {
        String text = text(data);
        int flagEnd = text.indexOf(',');
        int headerEnd = text.indexOf(',', flagEnd + 1) + 1;
        if (flagEnd < 1 || headerEnd == 0) {
            throw new Malformed("the first message has no gs2 header");
        }
        String flag = text.substring(0, flagEnd);
        if (flag.startsWith("p=")) {
            throw new Malformed("the client demands channel binding, which is not supported");
        } else if (!flag.equals("n") && !flag.equals("y")) {
            throw new Malformed("the channel binding flag is neither n nor y");
        }
        String bare = text.substring(headerEnd);
        String[] fields = bare.split(",", -1);
        if (fields[0].startsWith("m=")) {
            throw new Malformed("the client demands an extension, and there is none");
        } else if (fields.length < 2 || !fields[0].startsWith("n=") || !fields[1].startsWith("r=")) {
            throw new Malformed("the first message has no user name and nonce");
        }
        String username = name(fields[0].substring(2));
        String authzid = text.substring(flagEnd + 1, headerEnd - 1);
        if (!authzid.isEmpty()
                && (!authzid.startsWith("a=") || !name(authzid.substring(2)).equals(username))) {
            throw new Malformed("the client wants to act as another user");
        }
        return new ClientFirst(text.substring(0, headerEnd), bare, username, nonce(fields[1].substring(2)));
    }

    static ClientFinal last(Bytes data) throws Malformed {
        String text = text(data);
        int proofAt = text.lastIndexOf(",p=");
        String[] fields = text.split(",", -1);
        if (proofAt < 0 || fields.length < 3 || !fields[0].startsWith("c=") || !fields[1].startsWith("r=")) {
            throw new Malformed("the last message has no channel binding, nonce and proof");
        }
        try {
            byte[] proof = Base64.getDecoder().decode(text.substring(proofAt + 3));
            return new ClientFinal(
                    fields[0].substring(2), nonce(fields[1].substring(2)), text.substring(0, proofAt), proof);
        } catch (IllegalArgumentException notBase64) {
            throw new Malformed("the proof is not base64");
        }
    }

    /** A user name as it goes over the wire: {@code =2C} is a comma, {@code =3D} the equals sign. */
    private static String name(String wire) throws Malformed {
        StringBuilder name = new StringBuilder(wire.length());
        for (int i = 0; i < wire.length(); i++) {
            char c = wire.charAt(i);
            if (c != '=') {
                name.append(c);
            } else if (wire.startsWith("=2C", i)) {
                name.append(',');
                i += 2;
            } else if (wire.startsWith("=3D", i)) {
                name.append('=');
                i += 2;
            } else {
                throw new Malformed("the user name has an equals sign that is not written =3D");
            }
        }
        String prepared = SaslPrep.prepare(name.toString());
        if (prepared == null || prepared.isEmpty()) {
            throw new Malformed("the user name is empty or has a character that SASLprep refuses");
        }
        return prepared;
    }

    private static String nonce(String nonce) throws Malformed {
        if (nonce.isEmpty() || nonce.chars().anyMatch(c -> c < 0x21 || c > 0x7E)) {
            throw new Malformed("the nonce is empty or not printable ASCII");
        }
        return nonce;
    }

    private static String text(Bytes data) throws Malformed {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(data.toArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Malformed("the message is not UTF-8");
        }
    }
}
