package io.nightjar.mqtt;

/** One User Property: a name and a value; both may be empty and names may repeat [5.0/2.2.2.2]. */
public record UserProperty(String name, String value) {}
