package io.nightjar.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.InvalidElementStateException;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NotFoundException;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real Chromium without a window, as the system has it: nothing is downloaded, and its profile and its downloads are in
 * a folder of the test's own.
 */
public final class Browser implements AutoCloseable {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern REQUEST =
            Pattern.compile("\"method\":\"Network\\.requestWillBeSent\".*?\"request\":\\{.*?\"url\":\"([^\"]*)\"");
    /** Highest screenshot: what comes below shows nothing new. */
    private static final int SHOT_HEIGHT = 1600;

    private final Path folder;
    private final ChromeDriver driver;

    private Browser(Path folder, ChromeDriver driver) {
        this.folder = folder;
        this.driver = driver;
    }

    /** Why there can be no browser here, or null if there can. */
    public static String missing() {
        return Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER)
                ? null
                : "no browser here: apt-get install chromium chromium-driver";
    }

    /** @param folder for the profile and the downloads; fresh */
    public static Browser start(Path folder) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM.toString());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--lang=en-US",
                "--user-data-dir=" + folder.resolve("profile"));
        options.setExperimentalOption(
                "prefs",
                Map.of("download.default_directory", folder.resolve("downloads").toString()));
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .withLogOutput(java.io.OutputStream.nullOutputStream())
                .build();
        try {
            Files.createDirectories(folder.resolve("downloads"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Browser browser = new Browser(folder, new ChromeDriver(service, options));
        browser.open("about:blank");
        browser.requests(); // those of the page that a browser begins with
        return browser;
    }

    // ---- where and how large

    public void open(String url) {
        driver.get(url);
    }

    /** Forgets who is signed in and what was chosen. */
    public void forget() {
        run("sessionStorage.clear(); localStorage.clear()");
    }

    /** A window of this size, light or dark, and a finger instead of a mouse on a phone. */
    public void look(int width, int height, boolean dark) {
        boolean phone = width < 760;
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(
                                Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"),
                                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    }

    /** Writes a picture of the page, from its top. */
    public void shoot(Path file) {
        long height = (Long) run(
                "return document.querySelector('dialog') ? innerHeight"
                        + " : Math.min(document.documentElement.scrollHeight, arguments[0])",
                SHOT_HEIGHT);
        long width = (Long) run("return innerWidth");
        long window = (Long) run("return innerHeight");
        Map<String, Object> picture = driver.executeCdpCommand(
                "Page.captureScreenshot",
                Map.of(
                        "captureBeyondViewport",
                        true,
                        "clip",
                        Map.of("x", 0, "y", 0, "width", width, "height", Math.max(height, window), "scale", 1)));
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, Base64.getDecoder().decode((String) picture.get("data")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- what is there

    /** The element, as soon as it is there. */
    public WebElement find(String css) {
        return await("element " + css, () -> driver.findElement(By.cssSelector(css)));
    }

    /** The element of this kind whose text holds this, as soon as it is there. */
    public WebElement find(String css, String text) {
        return await(css + " with " + text, () -> shown(css, text));
    }

    private WebElement shown(String css, String text) {
        return driver.findElements(By.cssSelector(css)).stream()
                .filter(element -> element.isDisplayed() && element.getText().contains(text))
                .findFirst()
                .orElse(null);
    }

    public List<WebElement> all(String css) {
        return driver.findElements(By.cssSelector(css));
    }

    /** Text of the whole page. */
    public String text() {
        return (String) run("return document.body.innerText");
    }

    public void awaitText(String text) {
        await("text " + text + " in " + text(), () -> text().contains(text) ? text : null);
    }

    /** What comes out as soon as it is something; the page may draw itself anew meanwhile. */
    public <T> T await(String what, Callable<T> question) {
        return Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptionsMatching(e -> e instanceof NotFoundException
                        || e instanceof StaleElementReferenceException
                        || e instanceof InvalidElementStateException)
                .until(question, Objects::nonNull);
    }

    // ---- hands

    public void click(String css, String text) {
        await("click on " + text, () -> {
            WebElement element = shown(css, text);
            if (element != null) {
                element.click();
            }
            return element;
        });
    }

    /** Empties the field and types into it. */
    public void type(String css, String text) {
        WebElement field = find(css);
        field.clear();
        field.sendKeys(text);
    }

    /** Keys without an element: what has the focus gets them. */
    public void press(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    /** Presses Tab until what has the focus holds this text, at most so often; tells how often it was. */
    public int tabTo(String text, int most) {
        for (int i = 0; i <= most; i++) {
            String focused = (String) run(
                    "const e = document.activeElement; return e.matches('body, main') ? '' : [e.innerText, e.ariaLabel,"
                            + " e.name, e.value].join(' ')");
            if (focused.contains(text)) {
                return i;
            }
            press(Keys.TAB);
        }
        throw new AssertionError("Tab does not lead to " + text);
    }

    public Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    public String address() {
        return driver.getCurrentUrl();
    }

    // ---- what the browser has to say

    /** The file that was downloaded last, as soon as it is whole. */
    public Path downloaded(String ending) {
        return await("download " + ending, () -> {
            try (Stream<Path> files = Files.list(folder.resolve("downloads"))) {
                return files.filter(file -> file.toString().endsWith(ending))
                        .max(Comparator.comparing(file -> file.toFile().lastModified()))
                        .orElse(null);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Everything in the console since the last call: errors of scripts, violations of the policy, failed requests. */
    public List<String> complaints() {
        List<String> all = new ArrayList<>();
        for (LogEntry entry : driver.manage().logs().get(LogType.BROWSER)) {
            all.add(entry.getLevel() + " " + entry.getMessage());
        }
        return all;
    }

    /** Addresses that were asked for since the last call. */
    public List<String> requests() {
        List<String> all = new ArrayList<>();
        for (LogEntry entry : driver.manage().logs().get(LogType.PERFORMANCE)) {
            Matcher matcher = REQUEST.matcher(entry.getMessage());
            while (matcher.find()) {
                all.add(matcher.group(1));
            }
        }
        return all;
    }

    /** The page is no wider than the window; a phone that zooms out to show all of it does not count as wider. */
    public void assertNoSideways(String where) {
        long over = (Long) run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assertThat(over).as("pixels that " + where + " is too wide").isLessThanOrEqualTo(0);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
