/** Predictions over HTTP. Goes through the facade; nothing here prints. */
@NullMarked
package org.pacnet.serve;

import org.jspecify.annotations.NullMarked;
