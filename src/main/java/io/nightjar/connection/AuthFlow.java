package io.nightjar.connection;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Detail;
import io.nightjar.mqtt.DisconnectReason;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.PacketType;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * Enhanced authentication of one Network Connection as the standard sees it [5.0/4.12]: whose turn it is, and what the
 * client may say. The first conversation is the one of CONNECT; each later one begins with AUTH 0x19.
 *
 * <pre>
 * whose turn    | what comes                       | next          | answer
 * authenticator | continue                         | client        | AUTH 0x18                       [5.0/4.12.0-2]
 * authenticator | success                          | nobody        | CONNACK, or AUTH 0x00
 * authenticator | AUTH                             | over          | 0x82, out of turn               [5.0/4.12.0-3]
 * client        | AUTH 0x18, the same method       | authenticator |                                 [5.0/4.12.0-3]
 * client        | AUTH 0x19                        | over          | 0x82                            [5.0/4.12.0-3]
 * nobody        | AUTH 0x19, the same method       | authenticator |                                 [5.0/4.12.1-1]
 * nobody        | AUTH 0x18                        | over          | 0x82, nobody asked              [5.0/4.12.1-1]
 * any           | AUTH with another method         | over          | 0x82                            [5.0/4.12.0-5]
 * any           | data too long, too many rounds   | over          | 0x87
 * </pre>
 *
 * <p>Pure; belongs to the connection's event loop.
 */
public final class AuthFlow {
    /** Who has to say something. */
    public enum Turn {
        AUTHENTICATOR,
        CLIENT,
        /** The client is authenticated and no conversation runs. */
        NOBODY
    }

    private final String method;
    private final AuthLimits limits;
    private Turn turn = Turn.AUTHENTICATOR;
    private int rounds;

    /** @param method the Authentication Method of CONNECT */
    public AuthFlow(String method, AuthLimits limits) {
        this.method = method;
        this.limits = limits;
    }

    public String method() {
        return method;
    }

    public Turn turn() {
        return turn;
    }

    /** Times the client sent data in this conversation. */
    public int rounds() {
        return rounds;
    }

    /** The client's data came with CONNECT; why it ends the connection, or null: it goes to the authenticator. */
    public @Nullable DisconnectReason connect(Packet.Connect packet) {
        rounds = 1;
        return tooLong(packet.properties().getBytes(Property.AUTHENTICATION_DATA));
    }

    /** An AUTH came; why it ends the connection, or null: its data goes to the authenticator. */
    public @Nullable DisconnectReason received(Packet.Auth packet) {
        String named = packet.properties().getString(Property.AUTHENTICATION_METHOD);
        boolean again = packet.code() == ReasonCode.RE_AUTHENTICATE;
        if (!method.equals(named)) {
            return broken("AUTH has another Authentication Method than CONNECT", "5.0/4.12.0-5");
        } else if (turn == Turn.AUTHENTICATOR) {
            return broken("AUTH while the one before is not answered yet", "5.0/4.12.0-3");
        } else if (turn == Turn.CLIENT && again) {
            return broken("AUTH 0x19 in the middle of an authentication; 0x18 answers a challenge", "5.0/4.12.0-3");
        } else if (turn == Turn.NOBODY && !again) {
            return broken("AUTH 0x18 and there was no challenge; 0x19 begins to authenticate again", "5.0/4.12.1-1");
        }
        turn = Turn.AUTHENTICATOR;
        rounds = again ? 1 : rounds + 1;
        if (rounds > limits.maxRounds()) {
            return limited("it takes more rounds than that", "exchange-max-rounds=" + limits.maxRounds());
        }
        return tooLong(packet.properties().getBytes(Property.AUTHENTICATION_DATA));
    }

    /** Why a packet of this type ends a connection that has no CONNACK yet, or null: it may come [5.0/3.1.2-30]. */
    public static @Nullable DisconnectReason beforeConnAck(PacketType type) {
        return type == PacketType.AUTH || type == PacketType.DISCONNECT
                ? null
                : broken(type + " before CONNACK, where CONNECT has an Authentication Method", "5.0/3.1.2-30");
    }

    /** The authenticator wants more. */
    public void challenged() {
        turn = Turn.CLIENT;
    }

    /** The authenticator is content. */
    public void succeeded() {
        turn = Turn.NOBODY;
    }

    private @Nullable DisconnectReason tooLong(@Nullable Bytes data) {
        if (data == null || data.size() <= limits.maxDataBytes()) {
            return null;
        }
        return limited(
                "the Authentication Data has " + data.size() + " bytes", "exchange-max-data=" + limits.maxDataBytes());
    }

    private static DisconnectReason limited(String problem, String limit) {
        return DisconnectReason.of(
                Detail.AUTHENTICATION_REFUSED, "problem", problem, "limit", "nightjar.authentication." + limit);
    }

    private static DisconnectReason broken(String problem, String rule) {
        return DisconnectReason.of(Detail.PROTOCOL_ERROR, "problem", problem, "rule", rule);
    }
}
