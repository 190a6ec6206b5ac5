/**
 * Tables, images and trajectories as they are named by who has them, and the {@link
 * org.pacnet.data.Schema} by which their rows become numbers. Reading and encoding them is not done here.
 */
@NullMarked
package org.pacnet.data;

import org.jspecify.annotations.NullMarked;
