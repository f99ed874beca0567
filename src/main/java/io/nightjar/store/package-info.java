/** Room store. */
@NullMarked
package io.nightjar.store;

import org.jspecify.annotations.NullMarked;
