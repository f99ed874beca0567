package io.nightjar.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.nightjar.app.Settings.Authorization;
import io.nightjar.auth.AclRules;
import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads {@code nightjar.authorization}. Every rule that is wrong is told with its number and line. */
final class AclSettings {
    private static final String KEY = "nightjar.authorization.";
    private static final Set<String> RULE_KEYS = Set.of("permission", "who", "action", "topics");
    private static final Set<String> WHO_KEYS = Set.of("clientid", "username", "address");

    private final SettingsReader read;

    AclSettings(SettingsReader read) {
        this.read = read;
    }

    Authorization read() {
        List<AclRules.Rule> rules = new ArrayList<>();
        List<ConfigValue> values = read.list(KEY + "rules");
        for (int i = 0; i < values.size(); i++) {
            AclRules.Rule rule = new RuleReader(i + 1, values.get(i)).rule();
            if (rule != null) {
                rules.add(rule);
            }
        }
        boolean noMatchAllows = read.word(KEY + "no-match", "allow", "deny") == 0;
        boolean denyDisconnects = read.word(KEY + "deny-action", "ignore", "disconnect") == 1;
        boolean denyHides = read.word(KEY + "deny-code", "not-authorized", "unspecified") == 1;
        ReasonCode denyCode = denyHides ? ReasonCode.UNSPECIFIED_ERROR : ReasonCode.NOT_AUTHORIZED;
        return new Authorization(rules, noMatchAllows, denyDisconnects, denyCode);
    }

    /** Reads one rule. */
    private final class RuleReader {
        private final String name;
        private final ConfigValue value;
        private boolean right = true;

        RuleReader(int number, ConfigValue value) {
            this.name = KEY + "rules, rule " + number + " (" + value.origin().description() + ")";
            this.value = value;
        }

        AclRules.@Nullable Rule rule() {
            if (!(value instanceof ConfigObject object)) {
                return wrong("must be { permission, who, action, topics }");
            }
            Config rule = object.toConfig();
            onlyKeys(object, RULE_KEYS);
            String permission = word(rule, "permission", "", Set.of("allow", "deny"));
            String action = word(rule, "action", "all", Set.of("publish", "subscribe", "all"));
            Config who = who(object.get("who"));
            String address = text(who, "address");
            Cidr cidr = address == null ? null : Cidr.parse(address);
            if (address != null && cidr == null) {
                wrong("address must be an IP address or a range like 10.0.0.0/8");
            }
            AclRules.Rule made = new AclRules.Rule(
                    permission.equals("allow"),
                    text(who, "clientid"),
                    text(who, "username"),
                    cidr,
                    !action.equals("subscribe"),
                    !action.equals("publish"),
                    topics(object.get("topics")));
            return right ? made : null;
        }

        private Config who(@Nullable ConfigValue who) {
            if (who instanceof ConfigObject object) {
                onlyKeys(object, WHO_KEYS);
                if (object.isEmpty()) {
                    wrong("who names nobody; write who = all for everybody");
                }
                return object.toConfig();
            } else if (who == null || !who.unwrapped().equals("all")) {
                wrong("who must be all or { clientid, username, address }");
            }
            return com.typesafe.config.ConfigFactory.empty();
        }

        private List<String> topics(@Nullable ConfigValue topics) {
            List<String> filters = new ArrayList<>();
            if (!(topics instanceof com.typesafe.config.ConfigList list) || list.isEmpty()) {
                wrong("topics must be a list of topic filters, at least one");
                return filters;
            }
            for (ConfigValue topic : list) {
                String filter = String.valueOf(topic.unwrapped());
                String fault = topic.valueType() == ConfigValueType.STRING
                        ? AclRules.topicFault(filter)
                        : "a topic filter is a text";
                if (fault != null) {
                    wrong("topic \"" + filter + "\": " + fault);
                }
                filters.add(filter);
            }
            return filters;
        }

        private String word(Config rule, String key, String ifMissing, Set<String> words) {
            String word = rule.hasPath(key) ? String.valueOf(rule.getValue(key).unwrapped()) : ifMissing;
            if (!words.contains(word)) {
                wrong(key + " must be " + String.join(" or ", new TreeSet<>(words)));
            }
            return word;
        }

        private @Nullable String text(Config who, String key) {
            if (!who.hasPath(key)) {
                return null;
            }
            Object text = who.getValue(key).unwrapped();
            if (text instanceof String || text instanceof Number) {
                return text.toString();
            }
            wrong(key + " must be a text");
            return null;
        }

        private void onlyKeys(ConfigObject object, Set<String> known) {
            for (String key : new TreeSet<>(object.keySet())) {
                if (!known.contains(key)) {
                    wrong("there is no key " + key + "; known are " + String.join(", ", new TreeSet<>(known)));
                }
            }
        }

        private AclRules.@Nullable Rule wrong(String problem) {
            right = false;
            read.failed(name + ": " + problem);
            return null;
        }
    }
}
