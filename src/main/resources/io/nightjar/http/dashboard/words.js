// What the words of the broker mean to people: reasons, details, sides, evidence. The only file that spells reasons and
// details; a test compares them with the broker's own list.
import { bytes, count, duration } from "./text.js";

/** The eight reasons; `tone` is their colour. */
export const REASONS = {
  normal: { tone: 1, text: "The client said goodbye" },
  kicked: { tone: 2, text: "The server ended it on purpose" },
  keepalive_timeout: { tone: 3, text: "Nothing arrived in time" },
  not_authorized: { tone: 4, text: "Not allowed" },
  tcp_closed: { tone: 5, text: "The transport closed without a goodbye" },
  discarded: { tone: 6, text: "The same ClientID connected again and started afresh" },
  takeovered: { tone: 7, text: "The same ClientID connected again and went on" },
  internal_error: { tone: 8, text: "A packet that breaks the rules, or a fault of the server" },
};

/** Each detail in one sentence. */
export const DETAILS = {
  disconnect: "The client sent DISCONNECT and left.",
  disconnect_with_will: "The client sent DISCONNECT and asked for its Will Message to be published.",
  client_reported: "The client sent DISCONNECT with an error of its own.",
  api: "It was kicked through the HTTP API.",
  cli: "It was kicked from the command line.",
  dashboard: "It was kicked from this dashboard.",
  banned: "It was banned while it was connected.",
  flapping: "It came and went too often and was banned for a while.",
  message_rate: "It published faster than it may.",
  quota_exceeded: "It went over a quota.",
  slow_consumer: "It did not read what was sent to it for too long.",
  server_busy: "The server was too busy to let it in.",
  max_connections: "The limit of connections was reached.",
  drain: "The node was being drained.",
  server_shutting_down: "The node was being stopped.",
  listener_stopped: "An operator stopped the listener.",
  keep_alive: "One and a half times its Keep Alive passed without a packet.",
  connect_timeout: "It opened a connection but did not send a whole CONNECT in time.",
  auth_timeout: "It did not finish its authentication in time.",
  pong_timeout: "It did not answer the WebSocket ping.",
  bad_username_or_password: "Its username or password was refused.",
  authentication_refused: "No authenticator accepted it.",
  bad_authentication_method: "Its authentication method is unknown or changed.",
  connect_banned: "It is banned.",
  publish_denied: "It published where it may not.",
  subscribe_denied: "It subscribed to what it may not.",
  will_denied: "Its Will Message goes where it may not publish.",
  credentials_expired: "Its token or certificate ran out while it was connected.",
  peer_fin: "The other end closed the connection (FIN) without DISCONNECT.",
  peer_reset: "The connection was reset (RST).",
  timed_out: "The operating system gave the connection up: no answer from the other end.",
  write_failed: "Writing to the connection failed.",
  websocket_closed: "The WebSocket was closed with an error code.",
  same_client: "The same device came back before its old connection was seen dead.",
  conflict: "Two devices use this ClientID and push each other out.",
  not_mqtt: "What arrived is not MQTT.",
  tls_handshake: "The TLS handshake failed.",
  websocket_handshake: "The WebSocket request was not a valid one.",
  proxy_protocol: "The PROXY protocol header was missing or wrong.",
  unsupported_protocol_version: "It speaks a version of MQTT that is not offered.",
  client_identifier_not_valid: "Its ClientID is not acceptable.",
  malformed_packet: "A packet could not be decoded.",
  protocol_error: "A packet broke a rule of the standard.",
  packet_too_large: "A packet was larger than is allowed.",
  receive_maximum_exceeded: "It sent more messages at once than it may.",
  topic_alias_invalid: "It used a Topic Alias that is not valid.",
  topic_name_invalid: "It used a topic name that is not valid.",
  topic_filter_invalid: "It used a topic filter that is not valid.",
  payload_format_invalid: "A payload was not what it said to be.",
  qos_not_supported: "It used a QoS that is not offered here.",
  retain_not_supported: "It used retained messages, which are not offered here.",
  shared_subscriptions_not_supported: "It used a shared subscription, which is not offered here.",
  subscription_identifiers_not_supported: "It used Subscription Identifiers, which are not offered here.",
  wildcard_subscriptions_not_supported: "It used wildcards, which are not offered here.",
  store_failed: "Its Session State could not be stored.",
  session_unavailable: "The node that holds its Session did not answer in time.",
  node_lost: "The node that held the connection left the cluster.",
  implementation_error: "A fault of the broker. Look for the id in its log.",
};

/** Whose side, as a word on a chip and in a sentence. */
export const SIDES = {
  client: "the client",
  network: "the network",
  server: "the server",
  unknown: "nobody can tell",
};

/** How sure that is. */
export const CONFIDENCE = {
  certain: "measured: there is no other explanation",
  likely: "the evidence points there",
  possible: "it fits, but other causes fit too",
};

/** Events of a history that are no ends. */
export const EVENTS = {
  connected: "Connected",
  ended: "Connection ended",
  refused: "Refused",
  failed: "Failed before CONNECT",
  subscribed: "Subscribed",
  unsubscribed: "Unsubscribed",
  denied: "Denied",
  dropped: "Messages dropped",
  near_miss: "Keep Alive nearly missed",
  session_ended: "Session ended",
};

export const REFUSED_BY = {
  authenticator: "authenticator",
  rule: "access rule",
  limit: "limit",
  protocol: "rule of MQTT",
  transport: "transport",
  client: "the client left",
};

/** How a limit stands. */
export const LIMIT_STATES = {
  ok: "ok",
  too_low: "too low",
  nearly_used: "nearly used up",
  unknown: "cannot be read here",
};

/** What the groups of ends have in common. */
export const CAUSES = {
  address: "address",
  network: "network",
  listener: "listener",
  node: "node",
  instant: "instant",
};

export const TRACE_TAGS = ["MQTT", "SOCKET", "AUTHN", "AUTHZ", "PUBLISH", "SUBSCRIBE", "SESSION", "TLS", "TRACE"];

export const TRACE_TYPES = {
  clientid: "ClientID",
  clientid_prefix: "ClientID that begins with",
  username: "Username",
  ip_address: "IP address or network (CIDR)",
  topic: "Topic filter",
};

const LABELS = {
  by: "Kicked by",
  why: "Why",
  advice: "Advice",
  reason_code: "Reason Code",
  protocol_version: "MQTT version",
  clean_start: "Clean Start",
  keep_alive_s: "Keep Alive",
  session_expiry_s: "Session expiry",
  connected_for_ms: "Connected for",
  last_in_age_ms: "Last packet from it",
  last_out_age_ms: "Last packet to it",
  inflight: "In flight",
  queued: "Queued",
  dropped: "Dropped",
  certificate_subject: "Certificate",
  sni: "Server name (SNI)",
  tcp_state: "State",
  tcp_rtt_us: "Round trip",
  tcp_rttvar_us: "Round trip varies by",
  tcp_retransmits: "Retransmits in a row",
  tcp_retransmits_total: "Retransmits in total",
  tcp_unacked: "Segments not acknowledged",
  tcp_lost: "Segments lost",
  tcp_last_data_sent_age_ms: "Data last sent",
  tcp_last_data_received_age_ms: "Data last received",
  tcp_last_ack_received_age_ms: "Acknowledgement last received",
  unsent_bytes: "Waiting in our buffer",
  errno: "System error",
};

/** Name of a field as people say it. */
export function label(name) {
  const said = LABELS[name] ?? name.replace(/^tcp_/, "TCP ").replace(/_(ms|us|s)$/, "").replaceAll("_", " ");
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** Value of a field with its unit, by the ending of its name. */
export function figure(name, value, since = "before") {
  if (typeof value === "boolean") {
    return value ? "yes" : "no";
  }
  const isNumber = typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value) && name !== "errno");
  if (!isNumber) {
    return value;
  }
  const n = Number(value);
  if (/_age_ms$/.test(name)) {
    return `${duration(n)} ${since}`;
  }
  if (/_ms$/.test(name)) {
    return duration(n);
  }
  if (/_us$/.test(name)) {
    return n < 1000 ? `${n} \u00b5s` : duration(n / 1000);
  }
  if (/_s$/.test(name)) {
    return n === 4294967295 ? "never" : n === 0 ? (name === "keep_alive_s" ? "off" : "0 s") : duration(n * 1000);
  }
  if (/bytes/.test(name)) {
    return bytes(n);
  }
  return /port|_id$|level/.test(name) ? String(n) : count(n);
}

export const isSocketField = (name) => name.startsWith("tcp_") || name === "unsent_bytes" || name === "errno";
