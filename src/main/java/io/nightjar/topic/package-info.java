/** Room topic. */
@NullMarked
package io.nightjar.topic;

import org.jspecify.annotations.NullMarked;
