/**
 * What the public packages stand on themselves: files that are whole or not there, locks, hashes, JSON,
 * safetensors, names and words of messages, columns in memory, what this process may use of the machine.
 * Nothing here knows what a model is.
 */
@NullMarked
package org.pacnet.internal.base;

import org.jspecify.annotations.NullMarked;
