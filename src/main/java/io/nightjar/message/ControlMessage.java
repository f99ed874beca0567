package io.nightjar.message;

/**
 * What actors of different nodes say to each other apart from the data path: rare, small, and readable by the next
 * version. Written as CBOR by Jackson ({@code pekko.actor.serialization-bindings}: {@code
 * "io.nightjar.message.ControlMessage" = jackson-cbor}); a message is a record of plain values, records and actor
 * references, at most some 200 KB, since a frame of Artery holds 256 KiB.
 */
public interface ControlMessage {}
