/**
 * The command line: options in, tables or JSON out. Everything it does goes through the public API.
 */
@NullMarked
package org.pacnet.cli;

import org.jspecify.annotations.NullMarked;
