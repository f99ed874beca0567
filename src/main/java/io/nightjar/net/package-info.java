/** Room net. */
@NullMarked
package io.nightjar.net;

import org.jspecify.annotations.NullMarked;
