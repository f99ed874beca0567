package io.nightjar.load;

import java.nio.ByteBuffer;

/** Of the properties of a CONNACK [5.0/3.2.2.3] the one that bounds a load. */
final class ConnackProperties {
    private static final int RECEIVE_MAXIMUM = 0x21;

    private ConnackProperties() {}

    /** Receive Maximum, 65,535 if it is absent. {@code at} is where the length of the properties stands. */
    static int receiveMaximum(ByteBuffer in, int at) {
        int length = 0;
        int shift = 0;
        int digit;
        do {
            digit = in.get(at++);
            length |= (digit & 0x7F) << shift;
            shift += 7;
        } while (digit < 0);
        int end = at + length;
        while (at < end) {
            int id = in.get(at++) & 0xFF;
            if (id == RECEIVE_MAXIMUM) {
                return number(in, at);
            }
            at += size(in, id, at);
        }
        return 0xFFFF;
    }

    private static int size(ByteBuffer in, int id, int at) {
        return switch (id) {
            case 0x24, 0x25, 0x28, 0x29, 0x2A -> 1;
            case 0x13, 0x22 -> 2;
            case 0x11, 0x27 -> 4;
            case 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F -> 2 + number(in, at);
            case 0x26 -> {
                int name = 2 + number(in, at);
                yield name + 2 + number(in, at + name);
            }
            default -> throw new IllegalArgumentException("a CONNACK has no property 0x" + Integer.toHexString(id));
        };
    }

    private static int number(ByteBuffer in, int at) {
        return (in.get(at) & 0xFF) << 8 | in.get(at + 1) & 0xFF;
    }
}
