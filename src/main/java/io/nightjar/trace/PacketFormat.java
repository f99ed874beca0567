package io.nightjar.trace;

import io.nightjar.mqtt.Bytes;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.mqtt.SubscriptionOptions;
import io.nightjar.mqtt.SubscriptionRequest;
import io.nightjar.mqtt.UserProperty;
import io.nightjar.mqtt.Will;
import java.util.List;

/**
 * A packet in one line: {@code PUBLISH(Q1, R0, D0, Topic=a/b, PacketId=7, Payload=hello)}. Passwords and
 * authentication data are never written, only that they were there. A string longer than {@value #STRING_LIMIT}
 * characters is cut, a list after {@value #LIST_LIMIT} entries, each saying how much is missing.
 */
final class PacketFormat {
    static final int STRING_LIMIT = 1024;
    static final int LIST_LIMIT = 64;

    private static final String SECRET = "******";
    private static final String MEANING = "()=[]";

    private final PayloadFormat payloads;

    PacketFormat(PayloadFormat payloads) {
        this.payloads = payloads;
    }

    String format(Packet packet) {
        Line line = new Line(packet.type().name());
        if (packet instanceof Packet.Publish publish) {
            publish(line, publish);
        } else if (packet instanceof Packet.Connect connect) {
            connect(line, connect);
        } else if (packet instanceof Packet.ConnAck ack) {
            line.add("SessionPresent", ack.sessionPresent() ? 1 : 0)
                    .code(ack.code())
                    .properties(ack.properties());
        } else if (packet instanceof Packet.PubAck ack) {
            line.id(ack.packetId()).code(ack.code()).properties(ack.properties());
        } else if (packet instanceof Packet.PubRec rec) {
            line.id(rec.packetId()).code(rec.code()).properties(rec.properties());
        } else if (packet instanceof Packet.PubRel rel) {
            line.id(rel.packetId()).code(rel.code()).properties(rel.properties());
        } else if (packet instanceof Packet.PubComp comp) {
            line.id(comp.packetId()).code(comp.code()).properties(comp.properties());
        } else if (packet instanceof Packet.Subscribe subscribe) {
            line.id(subscribe.packetId());
            subscribe(line, subscribe.requests());
            line.properties(subscribe.properties());
        } else if (packet instanceof Packet.SubAck ack) {
            line.id(ack.packetId()).codes(ack.codes()).properties(ack.properties());
        } else if (packet instanceof Packet.Unsubscribe unsubscribe) {
            line.id(unsubscribe.packetId());
            unsubscribe(line, unsubscribe.filters());
            line.properties(unsubscribe.properties());
        } else if (packet instanceof Packet.UnsubAck ack) {
            line.id(ack.packetId()).codes(ack.codes()).properties(ack.properties());
        } else if (packet instanceof Packet.Disconnect disconnect) {
            line.code(disconnect.code()).properties(disconnect.properties());
        } else if (packet instanceof Packet.Auth auth) {
            line.code(auth.code()).properties(auth.properties());
        }
        return line.end();
    }

    private void publish(Line line, Packet.Publish publish) {
        line.flags(publish.qos().value(), publish.retain(), publish.dup());
        line.string("Topic", publish.topic());
        if (publish.packetId() != 0) {
            line.id(publish.packetId());
        }
        line.properties(publish.properties());
        payloads.write(line.name("Payload"), publish.payload());
    }

    private void connect(Line line, Packet.Connect connect) {
        line.string("ClientId", connect.clientId());
        line.add("ProtoName", connect.version().protocolName());
        line.add("ProtoVsn", connect.version().level());
        line.add("CleanStart", connect.cleanStart());
        line.add("KeepAlive", connect.keepAliveSeconds());
        String username = connect.username();
        if (username != null) {
            line.string("Username", username);
        }
        if (connect.password() != null) {
            line.add("Password", SECRET);
        }
        line.properties(connect.properties());
        Will will = connect.will();
        if (will != null) {
            Line inner = new Line("");
            inner.flags(will.qos().value(), will.retain(), false);
            inner.string("Topic", will.topic()).properties(will.properties());
            payloads.write(inner.name("Payload"), will.payload());
            line.add("Will", inner.end());
        }
    }

    private static void subscribe(Line line, List<SubscriptionRequest> requests) {
        StringBuilder out = line.name("TopicFilters").append('[');
        for (int i = 0; i < Math.min(requests.size(), LIST_LIMIT); i++) {
            SubscriptionRequest request = requests.get(i);
            SubscriptionOptions options = request.options();
            out.append(i == 0 ? "" : ", ");
            LineText.plainOrQuoted(out, request.filter(), MEANING, STRING_LIMIT);
            out.append("(Q").append(options.qos().value());
            out.append(", NL").append(options.noLocal() ? 1 : 0);
            out.append(", RAP").append(options.retainAsPublished() ? 1 : 0);
            out.append(", RH").append(options.retainHandling()).append(')');
        }
        closeList(out, requests.size());
    }

    private static void unsubscribe(Line line, List<String> filters) {
        StringBuilder out = line.name("TopicFilters").append('[');
        for (int i = 0; i < Math.min(filters.size(), LIST_LIMIT); i++) {
            out.append(i == 0 ? "" : ", ");
            LineText.plainOrQuoted(out, filters.get(i), MEANING, STRING_LIMIT);
        }
        closeList(out, filters.size());
    }

    private static void closeList(StringBuilder out, int size) {
        if (size > LIST_LIMIT) {
            out.append(", ...(").append(size - LIST_LIMIT).append(" more)");
        }
        out.append(']');
    }

    private static String codeText(ReasonCode code) {
        return code.hex() + " " + code.name();
    }

    /** One packet being written. */
    private static final class Line {
        private final StringBuilder out = new StringBuilder(128);
        private boolean first = true;

        Line(String type) {
            out.append(type).append('(');
        }

        /** Opens an entry whose value the caller appends. */
        StringBuilder name(String name) {
            out.append(first ? "" : ", ").append(name).append('=');
            first = false;
            return out;
        }

        Line add(String name, Object safe) {
            name(name).append(safe);
            return this;
        }

        Line string(String name, String text) {
            LineText.plainOrQuoted(name(name), text, MEANING, STRING_LIMIT);
            return this;
        }

        Line id(int packetId) {
            return add("PacketId", packetId);
        }

        Line code(ReasonCode code) {
            return add("ReasonCode", codeText(code));
        }

        void flags(int qos, boolean retain, boolean dup) {
            out.append('Q').append(qos);
            out.append(", R").append(retain ? 1 : 0).append(", D").append(dup ? 1 : 0);
            first = false;
        }

        Line codes(List<ReasonCode> codes) {
            StringBuilder list = name("ReasonCodes").append('[');
            for (int i = 0; i < Math.min(codes.size(), LIST_LIMIT); i++) {
                list.append(i == 0 ? "" : ", ").append(codeText(codes.get(i)));
            }
            closeList(list, codes.size());
            return this;
        }

        Line properties(Properties properties) {
            if (properties.isEmpty()) {
                return this;
            }
            StringBuilder list = name("Properties").append('[');
            for (int i = 0; i < Math.min(properties.count(), LIST_LIMIT); i++) {
                list.append(i == 0 ? "" : ", ");
                property(list, properties.propertyAt(i), properties.valueAt(i));
            }
            closeList(list, properties.count());
            return this;
        }

        private static void property(StringBuilder list, Property property, Object value) {
            camelCase(list, property.name()).append('=');
            if (property == Property.AUTHENTICATION_DATA) {
                list.append(SECRET);
            } else if (value instanceof UserProperty user) {
                LineText.plainOrQuoted(list, user.name(), MEANING + ":", STRING_LIMIT);
                list.append(':');
                LineText.plainOrQuoted(list, user.value(), MEANING, STRING_LIMIT);
            } else if (value instanceof Bytes bytes) {
                new PayloadFormat(PayloadFormat.HEX, STRING_LIMIT / 2).write(list, bytes);
            } else if (value instanceof String text) {
                LineText.plainOrQuoted(list, text, MEANING, STRING_LIMIT);
            } else {
                list.append(value);
            }
        }

        private static StringBuilder camelCase(StringBuilder list, String name) {
            boolean upper = true;
            for (int i = 0; i < name.length(); i++) {
                char c = name.charAt(i);
                if (c != '_') {
                    list.append(upper ? c : Character.toLowerCase(c));
                }
                upper = c == '_';
            }
            return list;
        }

        String end() {
            return out.append(')').toString();
        }
    }
}
