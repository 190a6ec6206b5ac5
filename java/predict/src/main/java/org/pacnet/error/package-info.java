/**
 * The exceptions of PAC-Net: one class for each thing a caller can do about a failure.
 *
 * <p>Every message is a single line meant for the person who runs the program. Nothing here knows
 * where a failure came from; misuse of the API by a programmer is reported with the exceptions of
 * {@code java.lang} instead.
 */
@NullMarked
package org.pacnet.error;

import org.jspecify.annotations.NullMarked;
