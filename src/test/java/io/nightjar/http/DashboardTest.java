package io.nightjar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightjar.auth.PasswordHash;
import io.nightjar.mqtt.MqttVersion;
import io.nightjar.mqtt.Packet;
import io.nightjar.mqtt.Properties;
import io.nightjar.mqtt.Property;
import io.nightjar.mqtt.QoS;
import io.nightjar.mqtt.ReasonCode;
import io.nightjar.testing.Browser;
import io.nightjar.testing.RawMqttClient;
import io.nightjar.testing.TestBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/**
 * The dashboard in a real Chromium: a broker with real clients behind it, and once a stand-in with 100,000 of them.
 * After each test the browser must have nothing to complain of and must have asked no other host.
 */
final class DashboardTest {
    private static final String PASSWORD = "correct horse battery";
    private static final Path SHOTS = Path.of(System.getProperty("nightjar.project"), "target", "screenshots");
    private static final String MARKUP = "<img src=x onerror=alert(1)>";
    private static final List<String> HOSTILE = List.of(
            MARKUP,
            "\"><script>alert(2)</script>",
            "a/b%2Fc?d=1#e&f+g",
            "\u05d0\u05d1\u05d2 \u202egnp.exe",
            "zero\u200bwidth\u2028line",
            "${alert(3)}{{4}}",
            "x".repeat(65_535),
            "..");

    @TempDir
    private static Path folder;

    private static TestBroker broker;
    private static Browser browser;
    private static String base;

    @BeforeAll
    static void start() throws Exception {
        String missing = Browser.missing();
        assumeTrue(missing == null, missing);
        Path home = Files.createDirectories(folder.resolve("n1@127.0.0.1"));
        Files.writeString(home.resolve("administrators.json"), users());
        broker = TestBroker.start(
                folder,
                "n1@127.0.0.1",
                Map.of("mqtt.max-clientid-length", "65535", "target-connections", "1000000"),
                PASSWORD);
        base = "http://127.0.0.1:" + broker.broker().httpPort() + "/";
        browser = Browser.start(folder.resolve("browser"));
    }

    private static String users() {
        String hash = PasswordHash.hash(PASSWORD.toCharArray());
        ObjectNode root = new ObjectMapper().createObjectNode();
        for (String name : List.of("admin", "viewer")) {
            root.withArray("users")
                    .addObject()
                    .put("username", name)
                    .put("role", name.equals("admin") ? "administrator" : name)
                    .put("password_hash", hash);
        }
        return root.toString();
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    @BeforeEach
    void fresh() {
        browser.look(1280, 900, false);
        browser.open(base);
        browser.forget();
        browser.open(base + "?fresh");
    }

    @AfterEach
    void nothing_to_complain_of() {
        assertThat(browser.complaints()).as("console").allMatch(DashboardTest::isExpected);
        assertThat(browser.requests())
                .as("requests")
                .allMatch(url -> url.matches("(blob:)?http://127\\.0\\.0\\.1:\\d+/.*|data:.*|about:.*"));
    }

    /** The browser tells of every answer above 399 itself; these belong to the tests. */
    private static boolean isExpected(String complaint) {
        return complaint.contains("Failed to load resource")
                && (complaint.contains("401 (Unauthorized)")
                        || complaint.contains("404 (Not Found)") && complaint.contains("/api/v5/clients/")
                        || complaint.contains("400 (Bad Request)") && complaint.contains("/api/v5/trace"));
    }

    private static void signIn(String username) {
        browser.type("input[name=username]", username);
        browser.type("input[name=password]", PASSWORD);
        browser.click("button", "Sign in");
        browser.find("h1", "Clients");
    }

    private static RawMqttClient connect(String clientId, long expirySeconds) throws IOException {
        RawMqttClient client = RawMqttClient.connect("127.0.0.1", broker.port());
        Packet.ConnAck answer =
                client.open(clientId, true, Properties.of(Property.SESSION_EXPIRY_INTERVAL, expirySeconds));
        assertThat(answer.code()).isEqualTo(ReasonCode.SUCCESS);
        return client;
    }

    private static String page(String... segments) {
        List<String> encoded = new ArrayList<>();
        for (String segment : segments) {
            encoded.add((String) browser.run("return encodeURIComponent(arguments[0])", segment));
        }
        return base + "#/" + String.join("/", encoded);
    }

    private static void awaitQuiet() {
        browser.await(
                "an answer on the page",
                () -> browser.all("[aria-busy=true], .pulse").isEmpty() ? true : null);
    }

    // ---- signing in

    @Test
    void a_wrong_password_is_told_and_the_right_one_opens_the_clients() {
        browser.type("input[name=username]", "admin");
        browser.type("input[name=password]", "wrong password");
        browser.click("button", "Sign in");
        browser.find("[role=alert]", "username or password is wrong");

        signIn("admin");

        assertThat(browser.text()).contains("admin", "Sign out");
    }

    @Test
    void a_token_that_ended_leads_to_the_sign_in_and_back_to_the_same_page() {
        signIn("admin");
        browser.run("const s = JSON.parse(sessionStorage['nightjar.session']); s.token = 'ended';"
                + "sessionStorage['nightjar.session'] = JSON.stringify(s)");
        browser.open(base + "?again#/trace");
        browser.awaitText("Your sign-in has ended");

        browser.type("input[name=username]", "admin");
        browser.type("input[name=password]", PASSWORD);
        browser.click("button", "Sign in");

        browser.find("h1", "Log Trace");
        browser.click("button", "Sign out");
        browser.find("input[name=password]");
        assertThat(browser.run("return sessionStorage.length")).isEqualTo(0L);
    }

    // ---- why did it go away?

    @Test
    void a_client_is_found_kicked_and_its_page_tells_why_it_went_away() throws Exception {
        try (RawMqttClient device = connect("kick/me", 600);
                RawMqttClient other = connect("someone else", 0)) {
            signIn("admin");
            browser.find("th", "someone else");
            browser.type("input[name=text]", "ck/m");
            browser.await("only what matches", () -> browser.text().contains("someone else") ? null : true);
            browser.click("th a", "kick/me");
            browser.find("h1", "kick/me");

            browser.click("button", "Kick");
            browser.type("dialog input[name=why]", "too loud");
            browser.find("dialog input[name=keep]").click();
            browser.click("dialog button", "Kick");

            assertThat(device.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
            browser.find(".why .reason", "kicked");
            browser.find(".why .reason", "dashboard");
            browser.find(".now", "away");
            browser.find(".why summary").click();
            assertThat(browser.find(".why").getText())
                    .contains("It was kicked from this dashboard", "admin", "too loud");
            browser.find(".timeline", "Connection ended");
            assertThat(browser.find(".timeline").getText()).contains("Connected");
            assertThat(other.end()).isEqualTo(RawMqttClient.End.OPEN);
        }
    }

    @Test
    void ends_of_every_kind_are_counted_searched_and_grouped() throws Exception {
        for (int i = 0; i < 12; i++) {
            try (RawMqttClient device = connect("storm-" + i, 0)) {
                device.reset();
            }
        }
        signIn("admin");
        browser.open(page("disconnects"));
        browser.find("td", "tcp_closed");
        browser.type("input[name=like_clientid]", "storm-");
        browser.await("twelve ends", () -> browser.find("#over-time").getText().equals("12 ends") ? true : null);

        AtomicInteger asked = new AtomicInteger();
        browser.await("a bar with them, the last or, where minutes turned since, one of those before", () -> {
            if (browser.find(".chart figcaption").getText().contains("tcp_closed ")) {
                return true;
            }
            browser.find(".chart svg")
                    .sendKeys(Keys.END, Keys.ARROW_LEFT.toString().repeat(asked.getAndIncrement() % 4));
            return null;
        });
        browser.click(".as-table summary", "As a table");
        browser.find(".as-table td");
        browser.find(".storm", "12 ends of 12 clients");
        browser.click("tbody th a", "storm-");
        browser.find(".why .reason", "tcp_closed");
    }

    @Test
    void a_refused_client_is_shown_with_who_said_no_and_what_fixes_it() throws Exception {
        try (RawMqttClient device = RawMqttClient.connect("127.0.0.1", broker.port(), MqttVersion.V3_1_1)) {
            device.send(new Packet.Connect(MqttVersion.V3_1_1, false, 0, Properties.NONE, "", null, null, null));
            device.awaitEnd(Duration.ofSeconds(10));
        }
        signIn("admin");

        browser.click("nav a", "Refused");

        browser.find("td", "client_identifier_not_valid");
        assertThat(browser.find("td.fix").getText()).isNotBlank();
    }

    // ---- what may run out

    @Test
    void limits_and_alarms_of_all_nodes_stand_on_one_page_with_the_line_that_lifts_each() throws Exception {
        ApiServer two = new ApiServer();
        try {
            two.clients.unreachable = List.of("n3");
            browser.open("http://127.0.0.1:" + two.server.port() + "/");
            browser.type("input[name=username]", "admin");
            browser.type("input[name=password]", ApiServer.PASSWORD);
            browser.click("button", "Sign in");
            assertThat(browser.find("nav .sign").getText()).startsWith("1");

            browser.click("nav a", "Limits");

            browser.find("#standing", "1 alarm stands");
            assertThat(browser.find(".alarms li").getText()).contains("900 of 1024", "nofile on n1, since");
            assertThat(browser.find(".banner").getText()).contains("Not the whole picture", "n3");
            WebElement low = browser.find("section[aria-labelledby=limits-of-n1] tbody tr", "nofile");
            assertThat(low.getText())
                    .contains("nearly used up", "too low", "1,024", "11,000", "900", "88 %", "ulimit -n 11000");
            assertThat(browser.find("section[aria-labelledby=limits-of-n1] tbody tr", "heap")
                            .getText())
                    .contains("cannot be read here")
                    .doesNotContain("Copy");
            assertThat(browser.find("section[aria-labelledby=limits-of-n2] tbody tr", "nofile")
                            .getText())
                    .contains("too low")
                    .doesNotContain("nearly used up");
            assertThat(browser.find("section[aria-labelledby=fallen] tbody tr").getText())
                    .contains("heap", "n1", "5 s");
            shoot("limits-of-two-nodes", null);

            browser.click(".copyable button", "Copy");
            browser.find("#notes", "Copied.");
            browser.click("nav a", "Clients");
            browser.find("input[name=text]").sendKeys(Keys.chord(Keys.CONTROL, "v"));

            browser.await(
                    "the line in the clipboard",
                    () -> "ulimit -n 11000".equals(browser.run("return document.querySelector('[name=text]').value"))
                            ? true
                            : null);
            browser.open("about:blank");
        } finally {
            two.close();
        }
    }

    @Test
    void the_sign_of_alarms_asks_once_a_minute_whatever_pages_are_opened() {
        signIn("viewer");
        awaitQuiet();
        List<String> asked = new ArrayList<>(browser.requests());
        long from = System.nanoTime();

        for (String page : List.of("Disconnects", "Refused", "Log Trace", "Clients", "Refused")) {
            browser.click("nav a", page);
            browser.find("h1", page);
            awaitQuiet();
        }

        List<String> more = browser.requests();
        assertThat(more).anyMatch(url -> url.contains("/api/v5/disconnects/refused"));
        asked.addAll(more);
        long minutes = Duration.ofNanos(System.nanoTime() - from).toMinutes();
        assertThat(asked.stream().filter(url -> url.contains("/api/v5/alarms")).count())
                .isBetween(1L, 2 + minutes);
    }

    // ---- traces

    @Test
    void a_trace_is_created_watched_live_downloaded_and_deleted() throws Exception {
        try (RawMqttClient device = connect("traced", 0)) {
            signIn("admin");
            browser.open(page("clients", "traced"));
            browser.click("button", "Trace this client");
            browser.find("dialog input[name=name]");
            browser.type("dialog input[name=name]", "1 is no letter");
            browser.click("dialog button", "Start trace");
            browser.find("dialog [role=alert]", "start with a letter");
            browser.type("dialog input[name=name]", "watched");
            browser.click("dialog button", "Start trace");
            browser.find("h1", "watched");
            browser.find(".live-head .live", "live");

            device.publish("a/b", "hello dashboard", QoS.AT_MOST_ONCE, 0);

            browser.find(".line", "hello dashboard");
            browser.click(".tag-button", "SUBSCRIBE");
            browser.find(".lines", "No line matches");
            browser.click(".tag-button", "SUBSCRIBE");
            browser.click("button", "Pause");
            device.publish("a/b", "while paused", QoS.AT_MOST_ONCE, 0);
            browser.find(".live-head .live", "waiting");
            assertThat(browser.find(".lines").getText()).doesNotContain("while paused");
            browser.click("button", "Go on");
            browser.find(".line", "while paused");
            browser.type("input[name=find]", "PAUSED");
            browser.await("one line", () -> browser.all(".line").size() == 1 ? true : null);

            device.shutdownOutput();
            browser.type("input[name=find]", "connection_ended");
            browser.find(".line", "tcp_closed");
            browser.click("button", "Stop");
            browser.find(".now", "stopped");
            browser.click("button", "Download as text");
            String file = Files.readString(browser.downloaded(".log"));
            assertThat(file).isEqualTo(broker.api().traceText("watched"));
            assertThat(file).contains("hello dashboard", "connection_ended, reason: tcp_closed");
            browser.click("button", "Download as zip");
            assertThat(Files.size(browser.downloaded(".zip"))).isPositive();

            browser.click("button", "Delete");
            browser.click("dialog button", "Delete");
            browser.find("h1", "Log Trace");
            browser.awaitText("No traces");
        }
    }

    // ---- what must never happen

    @Test
    void whatever_a_client_calls_itself_is_text_everywhere() throws Exception {
        List<RawMqttClient> devices = new ArrayList<>();
        for (String clientId : HOSTILE) {
            RawMqttClient device = connect(clientId, 600);
            device.subscribe(1, MARKUP + "/#", QoS.AT_MOST_ONCE);
            devices.add(device);
        }
        signIn("admin");
        browser.find("th", MARKUP);
        assertThat(browser.text()).contains("\\u{202E}gnp.exe", "zero\\u{200B}width\\u{2028}line", "65,535 bytes");
        devices.get(0).close();

        for (String clientId : HOSTILE) {
            browser.open(page("clients", clientId));
            String expected = clientId.length() > 100 ? "65,535 bytes" : clientId.split("[^\\x21-\\x7e]")[0];
            browser.find("h1", expected); // before anything else: until then it is the page of the one before
            browser.find(".head", "connected".equals(clientId) ? "" : clientId.equals(MARKUP) ? "away" : "connected");
            awaitQuiet();
            assertHarmless();
        }
        for (String page : List.of("disconnects", "refused", "trace", "limits")) {
            browser.open(page(page));
            awaitQuiet();
            assertHarmless();
        }
        browser.open(page("clients", "a/b%2Fc?d=1#e&f+g"));
        browser.click("button", "Kick");
        browser.click("dialog button", "Kick");
        assertThat(devices.get(2).expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
        browser.open(page("clients", ".."));
        browser.click("button", "Kick");
        browser.click("dialog button", "Kick");
        assertThat(devices.get(7).expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
        for (RawMqttClient device : devices) {
            device.close();
        }
    }

    private static void assertHarmless() {
        assertThat(browser.all("img:not([src='icon.svg']), main script, iframe"))
                .isEmpty();
        browser.assertNoSideways("the page");
    }

    @Test
    void a_viewer_reads_a_trace_that_hides_payloads_and_json_is_downloaded_as_such() throws Exception {
        String wanted = "{\"name\":\"quiet\",\"type\":\"clientid\",\"clientid\":\"silent\",\"formatter\":\"json\","
                + "\"payload_encode\":\"hidden\"}";
        assertThat(broker.api().call("POST", "/trace", wanted).statusCode()).isEqualTo(200);
        signIn("viewer");
        browser.open(page("trace", "quiet"));
        browser.find(".now", "running");
        try (RawMqttClient device = connect("silent", 0)) {
            browser.find(".line", "mqtt_packet_sent");
            assertThat(device.end()).isEqualTo(RawMqttClient.End.OPEN);

            browser.click("button", "Download as JSON lines");
            assertThat(Files.readString(browser.downloaded(".jsonl"))).startsWith("{\"time\":");
        } finally {
            broker.api().deleteTrace("quiet");
        }
    }

    @Test
    void a_viewer_sees_everything_and_no_button_that_changes_something() throws Exception {
        String trace = broker.api().trace("looked-at", 1);
        try (RawMqttClient device = connect("looked-at", 0)) {
            signIn("viewer");
            browser.find("th", "looked-at");
            assertThat(buttons()).doesNotContain("Kick", "Trace");

            browser.click("th a", "looked-at");
            browser.find(".now", "connected");
            assertThat(buttons()).doesNotContain("Kick", "Trace");

            browser.click("nav a", "Log Trace");
            browser.find("th", trace);
            assertThat(buttons()).doesNotContain("New trace", "Stop", "Delete");
            browser.click("th a", trace);
            browser.find("strong", "This trace shows payloads");
            assertThat(buttons()).doesNotContain("Stop", "Delete", "Download as text", "Download as zip");
            assertThat(device.end()).isEqualTo(RawMqttClient.End.OPEN);
        } finally {
            broker.api().deleteTrace(trace);
        }
    }

    private static String buttons() {
        return String.join(
                ", ", browser.all("main button").stream().map(b -> b.getText()).toList());
    }

    // ---- with hands that have no mouse, on a small glass, and many

    @Test
    void everything_can_be_reached_and_done_with_the_keyboard_alone() throws Exception {
        try (RawMqttClient device = connect("keyboard", 0)) {
            browser.await(
                    "the first field has the focus",
                    () -> (Boolean) browser.run("return document.activeElement.name === 'username'") ? true : null);
            browser.press("admin", Keys.TAB, PASSWORD, Keys.ENTER);
            browser.find("th", "keyboard");

            browser.open(base + "?again");
            browser.find("th", "keyboard");
            browser.tabTo("Skip to the content", 3);
            browser.press(Keys.ENTER);
            browser.tabTo("like_clientid", 3);
            browser.tabTo("text", 2);
            browser.press("keyboard", Keys.TAB);
            browser.await("one row", () -> browser.all("tbody tr").size() == 1 ? true : null);
            browser.tabTo("keyboard", 8);
            browser.press(Keys.ENTER);
            browser.find("h1", "keyboard");

            browser.tabTo("Kick", 12);
            browser.press(Keys.ENTER);
            browser.find("dialog[open]");
            browser.press(Keys.ESCAPE);
            browser.await("a closed dialog", () -> browser.all("dialog").isEmpty() ? true : null);
            assertThat(browser.run("return document.activeElement.innerText")).isEqualTo("Kick");
            assertThat((String) browser.run("return getComputedStyle(document.activeElement).outlineStyle"))
                    .isEqualTo("solid");
            browser.press(Keys.ENTER);
            browser.find("dialog[open]");
            browser.press("by keyboard", Keys.ENTER);

            assertThat(device.expect(Packet.Disconnect.class).code()).isEqualTo(ReasonCode.ADMINISTRATIVE_ACTION);
        }
    }

    @Test
    void every_page_fits_a_phone_and_a_desk_in_light_and_dark() throws Exception {
        try (RawMqttClient device = connect("workshop/press-7", 600);
                RawMqttClient quiet = connect("workshop/lamp-2", 600)) {
            device.subscribe(1, "workshop/+/set", QoS.AT_LEAST_ONCE);
            quiet.subscribe(1, "workshop/lamp-2/set", QoS.AT_MOST_ONCE);
            device.reset();
            try (RawMqttClient again = connect("workshop/press-7", 600);
                    RawMqttClient second = connect("workshop/lamp-2", 600)) {
                again.subscribe(1, "workshop/+/set", QoS.AT_LEAST_ONCE);
                String trace = broker.api().trace("workshop/press-7", 1);
                again.publish("workshop/press-7/state", "{\"pressure\":7.2}", QoS.AT_MOST_ONCE, 0);
                second.send(new Packet.Disconnect(ReasonCode.SUCCESS, Properties.NONE));
                browser.look(1280, 900, false);
                shoot("sign-in", null);
                signIn("admin");
                Map<String, String> pages = Map.of(
                        "clients", page("clients"),
                        "client", page("clients", "workshop/press-7"),
                        "disconnects", page("disconnects"),
                        "refused", page("refused"),
                        "traces", page("trace"),
                        "trace", page("trace", trace));
                for (Map.Entry<String, String> page : pages.entrySet()) {
                    browser.open(page.getValue());
                    browser.find("h1");
                    awaitQuiet();
                    shoot(page.getKey(), null);
                }
                browser.open(page("limits"));
                browser.await(
                        "limits of the first look",
                        () -> browser.all(".limits .status-ok").isEmpty() ? null : true);
                shoot("limits", null);
                browser.open(page("clients", "workshop/press-7"));
                browser.click("button", "Kick");
                shoot("kick", "dialog");
                browser.press(Keys.ESCAPE);
                browser.click("button", "Trace this client");
                shoot("new-trace", "dialog");
                broker.api().deleteTrace(trace);
            }
        }
    }

    private static void shoot(String name, String waitFor) {
        if (waitFor != null) {
            browser.find(waitFor);
        }
        for (int width : new int[] {1280, 390}) {
            for (boolean dark : new boolean[] {false, true}) {
                browser.look(width, width < 760 ? 844 : 900, dark);
                browser.assertNoSideways(name + " at " + width);
                browser.shoot(SHOTS.resolve(name + "-" + width + (dark ? "-dark" : "-light") + ".png"));
            }
        }
        browser.look(360, 640, false);
        browser.assertNoSideways(name + " at 360");
        browser.look(1280, 900, false);
    }

    @Test
    void a_hundred_thousand_clients_are_one_page_of_rows() throws Exception {
        ApiServer many = new ApiServer();
        try {
            for (int i = 0; i < 100_000; i++) {
                many.clients.add(
                        String.format("device-%06d", i), "connected", true, "node", "n1", "ip_address", "10.0.0.7");
            }
            many.clients.unreachable = List.of("n2");
            browser.open("http://127.0.0.1:" + many.server.port() + "/");
            browser.type("input[name=username]", "admin");
            browser.type("input[name=password]", ApiServer.PASSWORD);
            browser.click("button", "Sign in");
            browser.awaitText("100,000 clients");
            assertThat(browser.all("tbody tr")).hasSize(50);
            assertThat(browser.find(".banner").getText()).contains("Not the whole picture", "n2");

            browser.click("button", "Next");
            browser.find("th", "device-000050");
            browser.click("button", "Back");
            browser.find("th", "device-000000");
            browser.type("input[name=text]", "99999");

            browser.find("th", "device-099999");
            browser.await("one row", () -> browser.all("tbody tr").size() == 1 ? true : null);
            assertThat(many.clients.queries).allMatch(query -> query.limit() <= 50);
            browser.open("about:blank");
        } finally {
            many.close();
        }
    }
}
