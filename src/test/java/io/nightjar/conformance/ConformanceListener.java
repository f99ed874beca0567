package io.nightjar.conformance;

import io.nightjar.conformance.ConformanceReport.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Notes how each test of the run went and writes {@code target/conformance.md} and {@code .csv} at its end. Found by
 * the JUnit Platform through {@code META-INF/services}. The results of a process add up, since a runner may execute
 * more than one plan in it.
 */
public final class ConformanceListener implements TestExecutionListener {
    private static final Map<String, Result> RESULTS = new ConcurrentHashMap<>();

    private TestPlan plan;

    @Override
    public void testPlanExecutionStarted(TestPlan testPlan) {
        plan = testPlan;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean failed = result.getStatus() == TestExecutionResult.Status.FAILED;
        boolean passed = test.isTest() && result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (failed || passed) {
            note(test, failed ? Result.FAILED : Result.PASSED);
        }
    }

    /** An invocation counts for its method; the failure of a class, in its set-up, for all its methods. */
    private void note(TestIdentifier test, Result result) {
        Optional<TestIdentifier> at = Optional.of(test);
        while (at.isPresent()) {
            TestSource source = at.get().getSource().orElse(null);
            if (source instanceof MethodSource method) {
                note(method.getJavaMethod(), result);
                return;
            }
            if (source instanceof ClassSource type && at.get() == test) {
                for (Method method : type.getJavaClass().getDeclaredMethods()) {
                    note(method, result);
                }
                return;
            }
            at = plan.getParent(at.get());
        }
    }

    private static void note(Method method, Result result) {
        if (!AnnotatedTests.heldBy(method).isEmpty()) {
            RESULTS.merge(AnnotatedTests.name(method), result, (a, b) -> a == Result.FAILED ? a : b);
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan testPlan) {
        try {
            new ConformanceReport(Statements.load(), AnnotatedTests.byStatement(), Map.copyOf(RESULTS))
                    .write(Path.of(System.getProperty("nightjar.project", "."), "target"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
