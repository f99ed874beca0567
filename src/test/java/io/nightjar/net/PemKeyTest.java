package io.nightjar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemKeyTest {
    /** Bytes of PKCS#8 before the part that is PKCS#1. */
    private static final int RSA_2048_HEAD = 26;

    @ParameterizedTest
    @CsvSource({"RSA, 2048", "EC, 256", "EC, 384", "Ed25519, 255"})
    void pkcs8_is_read(String algorithm, int bits) throws Exception {
        PrivateKey key = key(algorithm, bits);

        assertThat(PemKey.read(pem("PRIVATE KEY", key.getEncoded()), null)).isEqualTo(key);
    }

    @Test
    void pkcs1_of_rsa_is_read() throws Exception {
        PrivateKey key = key("RSA", 2048);
        byte[] pkcs1 = Arrays.copyOfRange(key.getEncoded(), RSA_2048_HEAD, key.getEncoded().length);

        assertThat(PemKey.read(pem("RSA PRIVATE KEY", pkcs1), null)).isEqualTo(key);
    }

    @Test
    void sec1_of_ec_is_read_with_the_parameters_before_it_as_openssl_writes_them() throws Exception {
        // ECPrivateKey { 1, 32 bytes, [0] prime256v1 }
        String sec1 = "30310201010420" + "00".repeat(31) + "05" + "a00a06082a8648ce3d030107";
        String parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        byte[] pem = pem("EC PRIVATE KEY", java.util.HexFormat.of().parseHex(sec1));

        PrivateKey key = PemKey.read(
                (parameters + new String(pem, StandardCharsets.US_ASCII)).getBytes(StandardCharsets.US_ASCII), null);

        assertThat(key.getAlgorithm()).isEqualTo("EC");
        assertThat(((java.security.interfaces.ECPrivateKey) key).getS()).isEqualTo(5);
    }

    @Test
    void sec1_of_ec_with_its_public_key_is_read() throws Exception {
        byte[] pkcs8 = key("EC", 256).getEncoded(); // ends with an ECPrivateKey { 1, 32 bytes }
        byte[] secret = Arrays.copyOfRange(pkcs8, pkcs8.length - 32, pkcs8.length);
        String sec1 = "30770201010420" + java.util.HexFormat.of().formatHex(secret) + "a00a06082a8648ce3d030107"
                + "a144034200" + "04".repeat(65);

        PrivateKey key =
                PemKey.read(pem("EC PRIVATE KEY", java.util.HexFormat.of().parseHex(sec1)), null);

        assertThat(((java.security.interfaces.ECPrivateKey) key).getS()).isEqualTo(new java.math.BigInteger(1, secret));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PBEWithHmacSHA256AndAES_256", "PBEWithSHA1AndDESede"})
    void an_encrypted_key_is_read_with_its_password_only(String algorithm) throws Exception {
        PrivateKey key = key("EC", 256);
        byte[] pem = pem("ENCRYPTED PRIVATE KEY", encrypted(key, algorithm, "right"));

        assertThat(PemKey.read(pem, "right")).isEqualTo(key);
        assertThatThrownBy(() -> PemKey.read(pem, "wrong"))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("is key-password right?");
        assertThatThrownBy(() -> PemKey.read(pem, null)).hasMessageContaining("set key-password");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | there is no private key in it",
                "-----BEGIN CERTIFICATE-----~AAAA~-----END CERTIFICATE----- | there is no private key in it",
                "-----BEGIN PRIVATE KEY-----~AAAA~-----END PRIVATE KEY----- | the key is damaged",
                "-----BEGIN EC PRIVATE KEY-----~MDEC~-----END EC PRIVATE KEY----- | the key is damaged",
                "-----BEGIN DSA PRIVATE KEY-----~AAAA~-----END DSA PRIVATE KEY----- | openssl pkcs8 -topk8",
                "-----BEGIN RSA PRIVATE KEY-----~Proc-Type: 4,ENCRYPTED~DEK-Info: AES-128-CBC,00~~AAAA~-----END RSA PRIVATE KEY-----"
                        + " | openssl pkcs8 -topk8"
            })
    void what_cannot_be_read_is_told_with_a_remedy(String pem, String words) {
        byte[] bytes = pem.replace('~', '\n').getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> PemKey.read(bytes, null))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining(words);
    }

    private static PrivateKey key(String algorithm, int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (!algorithm.equals("Ed25519")) {
            generator.initialize(bits);
        }
        return generator.generateKeyPair().getPrivate();
    }

    private static byte[] encrypted(PrivateKey key, String algorithm, String password) throws Exception {
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.ENCRYPT_MODE,
                SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())));
        AlgorithmParameters parameters = cipher.getParameters();
        if (algorithm.contains("Hmac")) {
            parameters = AlgorithmParameters.getInstance("PBES2");
            parameters.init(cipher.getParameters().getEncoded());
        }
        return new EncryptedPrivateKeyInfo(parameters, cipher.doFinal(key.getEncoded())).getEncoded();
    }

    private static byte[] pem(String kind, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return ("-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
