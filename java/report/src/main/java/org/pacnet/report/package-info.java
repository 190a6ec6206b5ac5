/** Pages that people look at: one file each, that asks nothing of any network. */
@NullMarked
package org.pacnet.report;

import org.jspecify.annotations.NullMarked;
