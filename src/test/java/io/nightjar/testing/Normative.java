package io.nightjar.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The statements of the standard that a test covers, each with its version: {@code "5.0/3.3.4-9"},
 * {@code "311/4.4.0-1"}. Without the version a number means nothing: half of them differ between the two.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Normative {
    String[] value();
}
