/** Room metrics. */
@NullMarked
package io.nightjar.metrics;

import org.jspecify.annotations.NullMarked;
