package io.nightjar.net;

import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.ReasonCode;
import java.util.BitSet;

/** Which Reason Codes each packet may carry, and from which side [5.0/2.4 and the table of each packet]. */
final class ReasonCodeSet {
    private static final BitSet CONNACK = of(
            0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A,
            0x9B, 0x9C, 0x9D, 0x9F);
    private static final BitSet RECEIVED = of(0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99);
    private static final BitSet RELEASED = of(0x00, 0x92);
    private static final BitSet SUBACK = of(0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2);
    private static final BitSet SUBACK_3 = of(0x00, 0x01, 0x02, 0x80);
    private static final BitSet UNSUBACK = of(0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91);
    private static final BitSet DISCONNECT_BY_CLIENT =
            of(0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99);

    /** 0x8C stands in the general table only; as receiver it is taken. */
    private static final BitSet DISCONNECT_BY_SERVER = of(
            0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
            0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2);

    private static final BitSet AUTH_BY_CLIENT = of(0x18, 0x19);
    private static final BitSet AUTH_BY_SERVER = of(0x00, 0x18);

    /** What the five return codes of a CONNACK before MQTT 5 mean [311/3.2.2.3]. */
    private static final ReasonCode[] RETURN_CODES = {
        ReasonCode.SUCCESS,
        ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
        ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
        ReasonCode.SERVER_UNAVAILABLE,
        ReasonCode.BAD_USER_NAME_OR_PASSWORD,
        ReasonCode.NOT_AUTHORIZED
    };

    private ReasonCodeSet() {}

    /** Reads one code and refuses it if this packet may not carry it. */
    static ReasonCode read(PacketReader in) throws DecodeException {
        int value = in.oneByte("reason code");
        if (in.type() == PacketType.CONNACK && !in.isV5()) {
            if (value < RETURN_CODES.length) {
                return RETURN_CODES[value];
            }
        } else {
            ReasonCode code = ReasonCode.of(value);
            if (code != null && allowed(in).get(value)) {
                return code;
            }
        }
        throw refused(in, value);
    }

    /** The code that stands for one left out, which is Success, if the sender may say that [5.0/3.15.2.1]. */
    static ReasonCode leftOut(PacketReader in) throws DecodeException {
        if (!allowed(in).get(0)) {
            throw in.failIn(
                    "reason code", in.position(), Rule.codeOf(in.type()), "it is left out, which stands for 0x00");
        }
        return ReasonCode.SUCCESS;
    }

    private static DecodeException refused(PacketReader in, int value) {
        String hex = String.format("0x%02X", value);
        String sender = in.fromServer() ? "server" : "client";
        return in.fail(
                Rule.codeOf(in.type()), "a " + sender + " may not send " + hex + " in " + in.type(), "code", hex);
    }

    private static BitSet allowed(PacketReader in) {
        return switch (in.type()) {
            case CONNACK -> CONNACK;
            case PUBACK, PUBREC -> RECEIVED;
            case PUBREL, PUBCOMP -> RELEASED;
            case SUBACK -> in.isV5() ? SUBACK : SUBACK_3;
            case UNSUBACK -> UNSUBACK;
            case DISCONNECT -> in.fromServer() ? DISCONNECT_BY_SERVER : DISCONNECT_BY_CLIENT;
            case AUTH -> in.fromServer() ? AUTH_BY_SERVER : AUTH_BY_CLIENT;
            case CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, PINGRESP ->
                throw new IllegalArgumentException(in.type() + " has no Reason Code");
        };
    }

    private static BitSet of(int... values) {
        BitSet set = new BitSet(256);
        for (int value : values) {
            set.set(value);
        }
        return set;
    }
}
