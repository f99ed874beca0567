package io.nightjar.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A private key from PEM: PKCS#8, encrypted or not, and the older PKCS#1 (RSA) and SEC 1 (EC), which are wrapped into
 * PKCS#8 here.
 */
final class PemKey {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] VERSION_0 = HEX.parseHex("020100");
    private static final byte[] RSA = HEX.parseHex("300d06092a864886f70d0101010500"); // rsaEncryption, NULL
    private static final byte[] EC = HEX.parseHex("06072a8648ce3d0201"); // id-ecPublicKey
    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 0x04;
    private static final int PARAMETERS = 0xA0; // [0] in ECPrivateKey, RFC 5915

    private static final String CONVERT = "; openssl pkcs8 -topk8 -in OLD -out NEW makes one that can be read";

    private PemKey() {}

    /** @throws GeneralSecurityException in words for the operator, without anything of the key */
    static PrivateKey read(byte[] pem, @Nullable String password) throws GeneralSecurityException {
        Matcher block = BLOCK.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        if (!block.find()) {
            throw new InvalidKeyException("there is no private key in it (-----BEGIN PRIVATE KEY-----)");
        } else if (block.group(2).contains("Proc-Type")) {
            throw new InvalidKeyException("the key is encrypted in a form that is not read here" + CONVERT);
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(block.group(2));
        } catch (IllegalArgumentException e) {
            throw new InvalidKeyException("the key is not PEM: " + e.getMessage());
        }
        return switch (block.group(1)) {
            case "PRIVATE KEY" -> key(der);
            case "ENCRYPTED PRIVATE KEY" -> decrypt(der, password);
            case "RSA PRIVATE KEY" -> key(sequence(VERSION_0, RSA, element(OCTETS, der)));
            case "EC PRIVATE KEY" -> key(sequence(VERSION_0, sequence(EC, curve(der)), element(OCTETS, der)));
            default ->
                throw new InvalidKeyException("a key of the kind " + block.group(1) + " is not read here" + CONVERT);
        };
    }

    private static PrivateKey key(byte[] pkcs8) throws GeneralSecurityException {
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException anotherKind) {
                // the next one may be it
            }
        }
        throw new InvalidKeyException("the key is damaged, or is neither RSA nor EC nor EdDSA");
    }

    private static PrivateKey decrypt(byte[] der, @Nullable String password) throws GeneralSecurityException {
        if (password == null) {
            throw new InvalidKeyException("the key is encrypted: set key-password");
        }
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
            boolean pbes2 = info.getAlgParameters() != null
                    && info.getAlgName().matches("PBES2|1\\.2\\.840\\.113549\\.1\\.5\\.13");
            String algorithm = pbes2 ? info.getAlgParameters().toString() : info.getAlgName();
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())),
                    info.getAlgParameters());
            return key(info.getKeySpec(cipher).getEncoded());
        } catch (IOException | GeneralSecurityException e) {
            throw new InvalidKeyException("the key cannot be decrypted: is key-password right?", e);
        }
    }

    /** The curve's name inside an ECPrivateKey: {@code SEQUENCE { 1, OCTET STRING, [0] curve, ... }}. */
    private static byte[] curve(byte[] der) throws GeneralSecurityException {
        try {
            int at = contents(der, 0);
            while (at < der.length) {
                int from = contents(der, at);
                int to = from + length(der, at + 1);
                if ((der[at] & 0xFF) == PARAMETERS) {
                    return Arrays.copyOfRange(der, from, to);
                }
                at = to;
            }
        } catch (IndexOutOfBoundsException cut) {
            throw new InvalidKeyException("the key is damaged", cut);
        }
        throw new InvalidKeyException("the key does not name its curve" + CONVERT);
    }

    /** Where the contents of the element at an index begin. */
    private static int contents(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7F);
    }

    private static int length(byte[] der, int at) {
        int first = der[at] & 0xFF;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 1; i <= (first & 0x7F); i++) {
            length = length << 8 | der[at + i] & 0xFF;
        }
        return length;
    }

    private static byte[] sequence(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return element(SEQUENCE, all);
    }

    private static byte[] element(int tag, byte[] contents) {
        int length = contents.length;
        byte[] head; // DER has the length in as few bytes as it takes
        if (length < 0x80) {
            head = new byte[] {(byte) tag, (byte) length};
        } else if (length < 0x100) {
            head = new byte[] {(byte) tag, (byte) 0x81, (byte) length};
        } else {
            head = new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        }
        byte[] all = Arrays.copyOf(head, head.length + length);
        System.arraycopy(contents, 0, all, head.length, length);
        return all;
    }
}
