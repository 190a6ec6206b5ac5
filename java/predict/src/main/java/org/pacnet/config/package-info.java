/**
 * What a transfer can be told: settings, with their ranges, and nothing that works by them. How a network is
 * told to the native core, and what a method does, is not known here.
 */
@NullMarked
package org.pacnet.config;

import org.jspecify.annotations.NullMarked;
