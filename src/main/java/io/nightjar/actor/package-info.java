/** Room actor. */
@NullMarked
package io.nightjar.actor;

import org.jspecify.annotations.NullMarked;
