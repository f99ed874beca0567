/** Room connection. */
@NullMarked
package io.nightjar.connection;

import org.jspecify.annotations.NullMarked;
