/** Room message. */
@NullMarked
package io.nightjar.message;

import org.jspecify.annotations.NullMarked;
