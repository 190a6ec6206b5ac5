/**
 * Images as rows: finding them and their classes, decoding, scaling, augmenting, and feeding them to a fit
 * batch by batch. What becomes of the rows is none of this package's business.
 */
@NullMarked
package org.pacnet.internal.image;

import org.jspecify.annotations.NullMarked;
