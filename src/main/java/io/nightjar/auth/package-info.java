/** Room auth. */
@NullMarked
package io.nightjar.auth;

import org.jspecify.annotations.NullMarked;
