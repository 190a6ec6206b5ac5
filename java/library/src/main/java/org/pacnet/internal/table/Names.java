package org.pacnet.internal.table;

import java.util.AbstractList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/** Names of columns in their order, which know where each is without going through all of them. */
public final class Names extends AbstractList<String> implements RandomAccess {
  private final List<String> names;
  private final Map<String, Integer> places = new HashMap<>();

  private Names(List<String> names) {
    this.names = List.copyOf(names);
    for (int i = 0; i < names.size(); i++) {
      places.putIfAbsent(names.get(i), i);
    }
  }

  static List<String> of(List<String> names) {
    return new Names(names);
  }

  @Override
  public String get(int index) {
    return names.get(index);
  }

  @Override
  public int size() {
    return names.size();
  }

  @Override
  @SuppressWarnings("SuspiciousMethodCalls") // as the interface has it
  public int indexOf(@Nullable Object name) {
    return places.getOrDefault(name, -1);
  }

  @Override
  public boolean contains(@Nullable Object name) {
    return places.containsKey(name);
  }
}
