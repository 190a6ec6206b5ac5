/**
 * PAC-Net: transfer learning by pruning (Myung et al., ICML 2022). Start at {@link
 * org.pacnet.Model}.
 *
 * <p>Here is what is asked of a model, and what it answers of rows. Its settings are in {@link
 * org.pacnet.config}, data in {@link org.pacnet.data}, reports and the watching of long work in {@link
 * org.pacnet.result}, errors in {@link org.pacnet.error}; {@link org.pacnet.predict} answers single rows without
 * a native library. These packages are the API; whatever has {@code internal} in its name is not.
 * Training itself is native code; no pointer of it shows here.
 */
@NullMarked
package org.pacnet;

import org.jspecify.annotations.NullMarked;
