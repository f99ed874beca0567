package io.nightjar.mqtt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The properties of one packet, in the order they stand there. Immutable.
 *
 * <p>Kept as one flat array of property and value, since most packets have none and a PUBLISH rarely more than three.
 */
public final class Properties {
    public static final Properties NONE = new Properties(new Object[0]);

    /** Property, value, property, value, ... */
    private final Object[] entries;

    private final int size;

    private Properties(Object[] entries) {
        this.entries = entries;
        this.size = computeSize(entries);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** One property alone. */
    public static Properties of(Property property, Object value) {
        return builder().add(property, value).build();
    }

    public boolean isEmpty() {
        return entries.length == 0;
    }

    /** Bytes of all properties on the wire, without the Property Length in front. */
    public int encodedSize() {
        return size;
    }

    public boolean has(Property property) {
        return find(property) != null;
    }

    /** Value of a byte, two-byte or variable-byte property. */
    public int getInt(Property property, int absent) {
        Object value = find(property);
        return value == null ? absent : (Integer) value;
    }

    /** Value of a four-byte property, unsigned. */
    public long getLong(Property property, long absent) {
        Object value = find(property);
        return value == null ? absent : (Long) value;
    }

    public @Nullable String getString(Property property) {
        return (String) find(property);
    }

    public @Nullable Bytes getBytes(Property property) {
        return (Bytes) find(property);
    }

    /** All User Properties, in order. */
    public List<UserProperty> userProperties() {
        List<UserProperty> all = new ArrayList<>();
        forEach((property, value) -> {
            if (property == Property.USER_PROPERTY) {
                all.add((UserProperty) value);
            }
        });
        return all;
    }

    /** All Subscription Identifiers, in order. */
    public List<Integer> subscriptionIdentifiers() {
        List<Integer> all = new ArrayList<>();
        forEach((property, value) -> {
            if (property == Property.SUBSCRIPTION_IDENTIFIER) {
                all.add((Integer) value);
            }
        });
        return all;
    }

    /** Number of entries, repeated ones counted each. */
    public int count() {
        return entries.length / 2;
    }

    public Property propertyAt(int index) {
        return (Property) entries[2 * index];
    }

    public Object valueAt(int index) {
        return entries[2 * index + 1];
    }

    public void forEach(BiConsumer<Property, Object> action) {
        for (int i = 0; i < entries.length; i += 2) {
            action.accept((Property) entries[i], entries[i + 1]);
        }
    }

    /** These properties without those that the test accepts; the same object if it accepts none. */
    public Properties without(Predicate<Property> test) {
        Builder builder = builder();
        forEach((property, value) -> {
            if (!test.test(property)) {
                builder.add(property, value);
            }
        });
        return builder.entries.size() == entries.length ? this : builder.build();
    }

    /** These properties and one more at the end. */
    public Properties with(Property property, Object value) {
        return toBuilder().add(property, value).build();
    }

    /** These properties with this one replaced, or added if absent. */
    public Properties replace(Property property, Object value) {
        return without(p -> p == property).with(property, value);
    }

    public Builder toBuilder() {
        Builder builder = builder();
        builder.entries.addAll(Arrays.asList(entries));
        return builder;
    }

    private @Nullable Object find(Property property) {
        for (int i = 0; i < entries.length; i += 2) {
            if (entries[i] == property) {
                return entries[i + 1];
            }
        }
        return null;
    }

    private static int computeSize(Object[] entries) {
        int size = 0;
        for (int i = 0; i < entries.length; i += 2) {
            Property property = (Property) entries[i];
            Object value = entries[i + 1];
            size += 1
                    + switch (property.type()) {
                        case BYTE -> 1;
                        case TWO_BYTES -> 2;
                        case FOUR_BYTES -> 4;
                        case VARIABLE_BYTES -> VariableByteInteger.size((Integer) value);
                        case STRING -> 2 + Utf8.size((String) value);
                        case BINARY -> 2 + ((Bytes) value).size();
                        case STRING_PAIR ->
                            4 + Utf8.size(((UserProperty) value).name()) + Utf8.size(((UserProperty) value).value());
                    };
        }
        return size;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Properties properties && Arrays.equals(entries, properties.entries);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(entries);
    }

    /** Names and values, authentication data left out. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        forEach((property, value) -> text.append(text.length() == 1 ? "" : ", ")
                .append(property)
                .append('=')
                .append(property == Property.AUTHENTICATION_DATA ? "***" : value));
        return text.append('}').toString();
    }

    /** Collects properties in order. Not thread-safe. */
    public static final class Builder {
        private final List<Object> entries = new ArrayList<>(8);

        private Builder() {}

        /** Adds one; the value must be of the property's type (see {@link Property.Type}). */
        public Builder add(Property property, Object value) {
            Class<?> expected =
                    switch (property.type()) {
                        case BYTE, TWO_BYTES, VARIABLE_BYTES -> Integer.class;
                        case FOUR_BYTES -> Long.class;
                        case STRING -> String.class;
                        case BINARY -> Bytes.class;
                        case STRING_PAIR -> UserProperty.class;
                    };
            if (!expected.isInstance(value)) {
                throw new IllegalArgumentException(property + " takes a " + expected.getSimpleName() + ", not a "
                        + value.getClass().getSimpleName());
            }
            entries.add(property);
            entries.add(value);
            return this;
        }

        public boolean has(Property property) {
            for (int i = 0; i < entries.size(); i += 2) {
                if (entries.get(i) == property) {
                    return true;
                }
            }
            return false;
        }

        public Properties build() {
            return entries.isEmpty() ? NONE : new Properties(entries.toArray());
        }
    }
}
