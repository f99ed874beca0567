/** Room trace. */
@NullMarked
package io.nightjar.trace;

import org.jspecify.annotations.NullMarked;
