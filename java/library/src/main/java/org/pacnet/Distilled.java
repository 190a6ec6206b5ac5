package org.pacnet;

import org.jspecify.annotations.Nullable;
import org.pacnet.result.Metrics;

/**
 * A small network that says what a target says, beside its teacher.
 *
 * @param model of its own, of which nothing is pruned, with a target of that name; to be closed
 * @param rows that the teacher was asked of
 * @param alike how the student meets the teacher on rows that it did not learn from, the teacher's word standing for the label; null where there
 *     were too few to leave some out
 * @param teacherNumbers that the target's answer is made of: parameters, and what its corrections keep
 * @param studentNumbers parameters
 * @param teacherSeconds that a row took, asked together with many
 * @param studentSeconds likewise
 */
public record Distilled(
    Model model,
    int rows,
    @Nullable Metrics alike,
    long teacherNumbers,
    long studentNumbers,
    double teacherSeconds,
    double studentSeconds) {}
