/**
 * One phase on one native network: loading the core, owning its memory, telling it what to fit, and turning
 * its errors into typed exceptions. The only room that knows the generated binding; nothing here knows of
 * files or targets.
 */
@NullMarked
package org.pacnet.internal.engine;

import org.jspecify.annotations.NullMarked;
