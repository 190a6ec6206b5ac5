/**
 * What a model is made of, in plain Java: tensors and masks, what of a target is its own, names and their
 * folders, older versions of the files, features of dates. Nothing here is native, and nothing trains.
 */
@NullMarked
package org.pacnet.internal.format;

import org.jspecify.annotations.NullMarked;
