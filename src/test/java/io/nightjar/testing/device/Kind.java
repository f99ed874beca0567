package io.nightjar.testing.device;

import io.nightjar.testing.device.Device.Connect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The clients of others, each with the versions it speaks. */
public enum Kind {
    PAHO_3_1(false),
    PAHO_3_1_1(false),
    PAHO_5(true),
    HIVEMQ_3_1_1(false),
    HIVEMQ_5(true),
    MOSQUITTO_3_1_1(false),
    MOSQUITTO_5(true);

    private final boolean v5;

    Kind(boolean v5) {
        this.v5 = v5;
    }

    public boolean isV5() {
        return v5;
    }

    public boolean isMosquitto() {
        return this == MOSQUITTO_3_1_1 || this == MOSQUITTO_5;
    }

    /** The libraries of the build, and the tools where this machine has them. */
    public boolean isHere() {
        return !isMosquitto()
                || Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(d -> Files.isExecutable(Path.of(d, "mosquitto_sub")));
    }

    /** Connects and waits until it is accepted; a tool of Mosquitto's connects with its first subscription. */
    public Device open(Connect connect) throws Exception {
        return switch (this) {
            case PAHO_3_1 -> new PahoThree(connect, 3);
            case PAHO_3_1_1 -> new PahoThree(connect, 4);
            case PAHO_5 -> new PahoFive(connect);
            case HIVEMQ_3_1_1 -> new HiveThree(connect);
            case HIVEMQ_5 -> new HiveFive(connect);
            case MOSQUITTO_3_1_1 -> new Mosquitto(connect, "mqttv311");
            case MOSQUITTO_5 -> new Mosquitto(connect, "mqttv5");
        };
    }
}
