package org.pacnet.spark;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** What a task gives, made some at a time. */
abstract class Chunks<T> implements Iterator<T> {

  private Iterator<T> ready = List.<T>of().iterator();

  /** Whether there is something left to make them of. */
  abstract boolean more();

  abstract List<T> some();

  @Override
  public final boolean hasNext() {
    if (!ready.hasNext() && more()) {
      ready = some().iterator();
    }
    return ready.hasNext();
  }

  @Override
  public final T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.next();
  }
}
