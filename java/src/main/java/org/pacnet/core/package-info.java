/**
 * The Java side of the native core: loading it, owning its memory, and turning its errors into typed
 * exceptions. Not API: everything above uses this package, nothing else touches the generated
 * binding, and nothing here knows of files, columns or phases.
 */
@NullMarked
package org.pacnet.core;

import org.jspecify.annotations.NullMarked;
