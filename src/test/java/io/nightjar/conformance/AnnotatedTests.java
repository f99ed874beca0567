package io.nightjar.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.Property;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;

/** The compiled tests and which statements each says it holds. Loads the test classes, runs and initialises none. */
final class AnnotatedTests {
    private static final List<Class<? extends java.lang.annotation.Annotation>> TESTS = List.of(
            Test.class, ParameterizedTest.class, RepeatedTest.class, TestFactory.class, Property.class, Example.class);

    private AnnotatedTests() {}

    /** Names of the tests, {@code io.nightjar.FooTest.does_this}, by the id of what they hold. */
    static Map<String, Set<String>> byStatement() {
        Map<String, Set<String>> tests = new TreeMap<>();
        for (Class<?> type : testClasses()) {
            for (Method method : type.getDeclaredMethods()) {
                if (TESTS.stream().anyMatch(method::isAnnotationPresent)) {
                    for (String id : heldBy(method)) {
                        tests.computeIfAbsent(id, key -> new TreeSet<>()).add(name(method));
                    }
                }
            }
        }
        return tests;
    }

    /** Ids on the method, on its class and on the classes around that. */
    static Collection<String> heldBy(Method method) {
        Set<String> ids = new LinkedHashSet<>();
        Normative own = method.getAnnotation(Normative.class);
        if (own != null) {
            ids.addAll(Arrays.asList(own.value()));
        }
        for (Class<?> type = method.getDeclaringClass(); type != null; type = type.getEnclosingClass()) {
            Normative ofClass = type.getAnnotation(Normative.class);
            if (ofClass != null) {
                ids.addAll(Arrays.asList(ofClass.value()));
            }
        }
        OftenWrong often = method.getAnnotation(OftenWrong.class);
        if (often != null) {
            Arrays.stream(often.value()).mapToObj(Statements::oftenWrong).forEach(ids::add);
        }
        return ids;
    }

    static String name(Method method) {
        return method.getDeclaringClass().getName() + "." + method.getName();
    }

    private static List<Class<?>> testClasses() {
        try {
            Path root = Path.of(AnnotatedTests.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            List<Class<?>> classes = new ArrayList<>();
            try (Stream<Path> files = Files.walk(root.resolve("io"))) {
                for (Path file : files.filter(f -> f.toString().endsWith(".class"))
                        .sorted()
                        .toList()) {
                    String name = root.relativize(file).toString().replace('/', '.');
                    classes.add(Class.forName(
                            name.substring(0, name.length() - ".class".length()),
                            false,
                            AnnotatedTests.class.getClassLoader()));
                }
            }
            return classes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
