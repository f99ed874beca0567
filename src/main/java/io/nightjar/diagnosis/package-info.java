/** Room diagnosis. */
@NullMarked
package io.nightjar.diagnosis;

import org.jspecify.annotations.NullMarked;
