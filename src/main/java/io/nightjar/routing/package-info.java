/** Room routing. */
@NullMarked
package io.nightjar.routing;

import org.jspecify.annotations.NullMarked;
