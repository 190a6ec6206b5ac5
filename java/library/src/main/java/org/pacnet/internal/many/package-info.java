/**
 * Many targets: learning them beside each other, and sending rows to their own.
 */
@NullMarked
package org.pacnet.internal.many;

import org.jspecify.annotations.NullMarked;
