/**
 * PAC-Net: transfer learning by pruning (Myung et al., ICML 2022). Start at {@link
 * org.pacnet.Model}.
 *
 * <p>This package is the public API: models, their configuration, and what they report. Data is read
 * in {@link org.pacnet.data}, errors are in {@link org.pacnet.error}. Training itself is native code;
 * no pointer of it shows here.
 */
@NullMarked
package org.pacnet;

import org.jspecify.annotations.NullMarked;
