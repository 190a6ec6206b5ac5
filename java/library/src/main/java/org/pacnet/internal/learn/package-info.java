/**
 * One model's phases and one target's learning: what a model knows goes in, what it then knows comes out.
 * Choosing between ways to learn, several targets, and files are in other rooms.
 */
@NullMarked
package org.pacnet.internal.learn;

import org.jspecify.annotations.NullMarked;
