package io.nightjar.conformance;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The statements of the standard that a test holds, each with its version: {@code 5.0/3.3.4-9}, {@code 311/3.8.3-4};
 * a rule without a number by its section ({@code 5.0/3.8.2.1.2}). On a class it counts for each of its tests.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Normative {
    String[] value();
}
