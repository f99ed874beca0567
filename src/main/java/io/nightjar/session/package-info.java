/** Room session. */
@NullMarked
package io.nightjar.session;

import org.jspecify.annotations.NullMarked;
