package io.nightjar.http;

import io.nightjar.auth.Administrators;
import io.nightjar.auth.ApiKeys;
import io.nightjar.message.Clients;
import io.nightjar.message.History;
import io.nightjar.message.Traces;
import io.nightjar.metrics.Counters;
import java.time.Clock;
import java.util.function.BooleanSupplier;

/**
 * All that the API speaks to.
 *
 * @param ready whether the node takes clients; {@code GET /status} tells it
 * @param clock the time, and the zone that times are told in
 */
public record Ports(
        Clients clients,
        Traces traces,
        Counters counters,
        Administrators administrators,
        ApiKeys apiKeys,
        BooleanSupplier ready,
        Clock clock,
        TraceLimits traceLimits,
        History history) {}
