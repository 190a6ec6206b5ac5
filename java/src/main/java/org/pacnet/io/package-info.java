/**
 * Files that hold tensors, and writing files so that they are whole or not there. Not API: what the
 * files of a model mean is known in {@link org.pacnet}, not here.
 */
@NullMarked
package org.pacnet.io;

import org.jspecify.annotations.NullMarked;
