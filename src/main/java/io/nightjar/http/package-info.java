/** Room http. */
@NullMarked
package io.nightjar.http;

import org.jspecify.annotations.NullMarked;
