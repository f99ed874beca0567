package io.nightjar.app;

import java.util.List;

/** The settings are wrong. Each error names the key, its value, where it stands and what would be right. */
public final class SettingsException extends RuntimeException {
    private final transient List<String> errors;

    SettingsException(List<String> errors) {
        super(String.join("\n", errors));
        this.errors = List.copyOf(errors);
    }

    public List<String> errors() {
        return errors;
    }
}
