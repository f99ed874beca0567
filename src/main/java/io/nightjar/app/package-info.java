/** Room app. */
@NullMarked
package io.nightjar.app;

import org.jspecify.annotations.NullMarked;
