package io.nightjar.net;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a TLS client says first, as evidence.
 *
 * @param serverName the name of the server it wants (SNI), or null if it does not say
 * @param versions it offers, newest first: {@code TLSv1.3}
 */
record ClientHello(@Nullable String serverName, List<String> versions) {
    private static final int SERVER_NAME = 0; // RFC 6066
    private static final int SUPPORTED_VERSIONS = 43; // RFC 8446
    private static final int RANDOM_BYTES = 32;
    private static final int LONGEST_NAME = 255;

    ClientHello {
        versions = List.copyOf(versions);
    }

    /** @param hello the body of the message; what is not there or broken is left out, since TLS itself refuses that */
    static ClientHello read(ByteBuf hello) {
        ByteBuf in = hello.duplicate();
        String name = null;
        List<String> versions = new ArrayList<>();
        try {
            int legacy = in.readUnsignedShort();
            in.skipBytes(RANDOM_BYTES);
            in.skipBytes(in.readUnsignedByte()); // session id
            in.skipBytes(in.readUnsignedShort()); // cipher suites
            in.skipBytes(in.readUnsignedByte()); // compression methods
            addVersion(versions, legacy);
            int end = in.readerIndex() + 2 + (in.readableBytes() < 2 ? 0 : in.readUnsignedShort());
            while (in.readerIndex() + 4 <= end) {
                int type = in.readUnsignedShort();
                ByteBuf extension = in.readSlice(in.readUnsignedShort());
                if (type == SERVER_NAME) {
                    name = serverName(extension);
                } else if (type == SUPPORTED_VERSIONS) {
                    versions = versions(extension);
                }
            }
        } catch (IndexOutOfBoundsException cut) {
            return new ClientHello(name, versions);
        }
        return new ClientHello(name, versions);
    }

    private static @Nullable String serverName(ByteBuf extension) {
        extension.skipBytes(2); // length of the list, of which only the first item is ever used
        int type = extension.readUnsignedByte();
        int length = extension.readUnsignedShort();
        return type == 0 && length <= LONGEST_NAME
                ? extension.readCharSequence(length, StandardCharsets.US_ASCII).toString()
                : null;
    }

    private static List<String> versions(ByteBuf extension) {
        List<String> versions = new ArrayList<>();
        int count = extension.readUnsignedByte() / 2;
        for (int i = 0; i < count; i++) {
            addVersion(versions, extension.readUnsignedShort());
        }
        return versions;
    }

    /** What is no version is left out: clients put nonsense between on purpose (GREASE, RFC 8701). */
    private static void addVersion(List<String> versions, int version) {
        switch (version) {
            case 0x0304 -> versions.add("TLSv1.3");
            case 0x0303 -> versions.add("TLSv1.2");
            case 0x0302 -> versions.add("TLSv1.1");
            case 0x0301 -> versions.add("TLSv1");
            case 0x0300 -> versions.add("SSLv3");
            default -> {
                // not a version
            }
        }
    }
}
