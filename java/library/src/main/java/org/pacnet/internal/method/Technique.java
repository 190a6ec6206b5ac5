package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;

/** What may move when a target is learnt, what pulls it, and what is observed. */
@FunctionalInterface
interface Technique {
  FitRange range(Situation situation);
}
