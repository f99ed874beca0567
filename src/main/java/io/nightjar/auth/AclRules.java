package io.nightjar.auth;

import io.nightjar.mqtt.Cidr;
import io.nightjar.mqtt.FilterRelation;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Access rules in order: the first that matches decides. Immutable, so any thread may ask.
 *
 * <p>PUBLISH: a rule matches if one of its filters matches the Topic Name. SUBSCRIBE asks for many topics at once, so
 * there the two permissions differ: a rule allows only what it covers wholly ({@code a/+} allows {@code a/b} and
 * {@code a/+}, not {@code a/#}), and it denies what has any topic in common with it ({@code a/secret} denies
 * {@code a/#}). Brokers that compare the filter's text instead let a client read around a denial with {@code #}.
 *
 * <p>{@code ${clientid}} and {@code ${username}} stand for a whole level. A client without that name, or with one of
 * {@code + # /} in it, is matched by no such filter: a ClientID {@code +} must not open everybody's topics.
 *
 * <p>{@code eq a/#} is about exactly that filter and no other: denied, {@code #} and {@code a/b} stay what they were.
 */
public final class AclRules implements Authorizer {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{[^}]*}?");
    private static final String CLIENT_ID = "${clientid}";
    private static final String USERNAME = "${username}";

    /** Before a rule's topic: the rule is about exactly this text, wildcards and all. */
    private static final String EXACTLY = "eq ";

    /**
     * One rule; what is null matches everyone.
     *
     * @param publish whether it is about PUBLISH, {@code subscribe} likewise; at least one
     * @param topics filters, valid by {@link #topicFault}; at least one
     */
    public record Rule(
            boolean allow,
            @Nullable String clientId,
            @Nullable String username,
            @Nullable Cidr address,
            boolean publish,
            boolean subscribe,
            List<String> topics) {
        public Rule {
            topics = List.copyOf(topics);
        }

        boolean concerns(Client client, Action action) {
            return (action == Action.PUBLISH ? publish : subscribe)
                    && (clientId == null || clientId.equals(client.clientId()))
                    && (username == null || username.equals(client.username()))
                    && (address == null || address.contains(client.address()));
        }

        /** {@code deny publish "$SYS/#"}. */
        String describe(String topic) {
            String action = publish && subscribe ? "all" : publish ? "publish" : "subscribe";
            return (allow ? "allow " : "deny ") + action + " \"" + topic + "\"";
        }
    }

    private record Compiled(Rule rule, String topic, boolean exactly, boolean placeholder, Decision decision) {}

    private final List<Compiled> rules = new ArrayList<>();
    private final Decision noMatch;

    /** Denials are told as Not authorized. */
    public AclRules(List<Rule> rules, boolean noMatchAllows, boolean denyDisconnects) {
        this(rules, noMatchAllows, denyDisconnects, ReasonCode.NOT_AUTHORIZED);
    }

    /**
     * @param denyDisconnects whether a denial ends the connection too
     * @param denyCode what an MQTT 5 client is told in the answer to a packet that is denied
     */
    public AclRules(List<Rule> rules, boolean noMatchAllows, boolean denyDisconnects, ReasonCode denyCode) {
        noMatch = noMatchAllows ? Decision.ALLOWED : new Decision(false, "no-match", denyDisconnects, denyCode);
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            for (String topic : rule.topics()) {
                String text = "acl rule " + (i + 1) + " (" + rule.describe(topic) + ")";
                Decision decision = rule.allow()
                        ? new Decision(true, text, false)
                        : new Decision(false, text, denyDisconnects, denyCode);
                boolean exactly = topic.startsWith(EXACTLY);
                String filter = exactly ? topic.substring(EXACTLY.length()) : topic;
                this.rules.add(new Compiled(rule, filter, exactly, filter.contains("${"), decision));
            }
        }
    }

    /** What is wrong with a rule's filter, in words, or null. */
    public static @Nullable String topicFault(String topic) {
        if (topic.startsWith(EXACTLY)) {
            return topicFault(topic.substring(EXACTLY.length()));
        }
        Matcher placeholders = PLACEHOLDER.matcher(topic);
        while (placeholders.find()) {
            String found = placeholders.group();
            if (!found.equals(CLIENT_ID) && !found.equals(USERNAME)) {
                return "there is no placeholder " + found + ", only " + CLIENT_ID + " and " + USERNAME;
            }
            boolean wholeLevel = (placeholders.start() == 0 || topic.charAt(placeholders.start() - 1) == '/')
                    && (placeholders.end() == topic.length() || topic.charAt(placeholders.end()) == '/');
            if (!wholeLevel) {
                return "a placeholder must be a level of its own";
            }
        }
        if (Topics.isShared(topic)) {
            return "rules are about the filter without $share/{name}/";
        }
        Topics.Fault fault = Topics.filterFault(topic, 65_535);
        return fault == null ? null : fault.problem();
    }

    @Override
    public Decision authorize(Client client, Action action, String topic, QoS qos, boolean retain) {
        for (int i = 0; i < rules.size(); i++) {
            Compiled compiled = rules.get(i);
            if (compiled.rule.concerns(client, action) && matches(compiled, client, action, topic)) {
                return compiled.decision;
            }
        }
        return noMatch;
    }

    private static boolean matches(Compiled compiled, Client client, Action action, String topic) {
        String filter = compiled.placeholder ? filled(compiled.topic, client) : compiled.topic;
        if (filter == null) {
            return false;
        } else if (compiled.exactly) {
            return filter.equals(topic);
        } else if (action == Action.PUBLISH) {
            return Topics.matches(filter, topic);
        }
        return compiled.rule.allow ? FilterRelation.covers(filter, topic) : FilterRelation.overlap(filter, topic);
    }

    /** The filter with this client's names in it, or null if they do not fit into one level. */
    private static @Nullable String filled(String topic, Client client) {
        StringBuilder filter = new StringBuilder(topic.length() + 32);
        int from = 0;
        for (int at = topic.indexOf("${"); at >= 0; at = topic.indexOf("${", from)) {
            boolean id = topic.startsWith(CLIENT_ID, at);
            String name = id ? client.clientId() : client.username();
            if (name == null || !isOneLevel(name)) {
                return null;
            }
            filter.append(topic, from, at).append(name);
            from = at + (id ? CLIENT_ID : USERNAME).length();
        }
        return filter.append(topic, from, topic.length()).toString();
    }

    private static boolean isOneLevel(String name) {
        return name.indexOf('+') < 0 && name.indexOf('#') < 0 && name.indexOf('/') < 0;
    }
}
