package io.nightjar.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where settings come from, merged.
 *
 * @param merged everything, resolved
 * @param defaults what {@code conf/nightjar.conf} says as it was built into the jar
 * @param errors what was already found wrong: unknown keys, a block where a value belongs
 */
record SettingsSources(Config merged, Config defaults, List<String> errors) {
    private static final ClassLoader LOADER = SettingsSources.class.getClassLoader();

    /** @throws SettingsException if a source cannot be read at all */
    static SettingsSources merge(@Nullable Path configFile, Map<String, String> overrides) {
        Config defaults = resource("nightjar.conf", false);
        List<String> errors = new ArrayList<>();
        try {
            Config base = defaults.withFallback(resource("pekko.conf", true))
                    .withFallback(ConfigFactory.defaultReferenceUnresolved(LOADER));
            Config given = commandLine(overrides, errors).withFallback(file(configFile));
            Config resolved = given.resolveWith(given.withFallback(base).resolve());
            Config known = KnownKeys.of(defaults).check(resolved, errors);
            return new SettingsSources(known.withFallback(base).resolve(), defaults, errors);
        } catch (ConfigException e) {
            errors.add(e.getMessage() == null ? e.toString() : e.getMessage());
            throw new SettingsException(errors);
        }
    }

    private static Config resource(String name, boolean allowMissing) {
        return ConfigFactory.parseResources(
                LOADER, name, ConfigParseOptions.defaults().setAllowMissing(allowMissing));
    }

    private static Config file(@Nullable Path file) {
        if (file == null) {
            return ConfigFactory.empty();
        } else if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new SettingsException(List.of("cannot read the configuration file " + file.toAbsolutePath()
                    + (Files.exists(file) ? "" : ": it does not exist")));
        }
        return ConfigFactory.parseFile(
                file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
    }

    private static Config commandLine(Map<String, String> overrides, List<String> errors) {
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, String> entry : new TreeMap<>(overrides).entrySet()) {
            String key = entry.getKey();
            ConfigOrigin origin = ConfigOriginFactory.newSimple("command line");
            try {
                config = config.withValue(key, value(entry.getValue()).withOrigin(origin));
            } catch (ConfigException e) {
                errors.add(key + " (command line): cannot be understood: " + e.getMessage());
            }
        }
        return config;
    }

    /** Lists and blocks are HOCON; all else is taken as it is, so that {@code #} or {@code $} need no quotes. */
    private static ConfigValue value(String text) {
        boolean list = text.startsWith("[") && text.endsWith("]");
        if (list || text.startsWith("{") && text.endsWith("}")) {
            return ConfigFactory.parseString("value = " + text).getValue("value");
        }
        return ConfigValueFactory.fromAnyRef(text);
    }
}
