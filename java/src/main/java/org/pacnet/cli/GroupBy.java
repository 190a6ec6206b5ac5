package org.pacnet.cli;

/** What {@code --group-by} says of itself, wherever rows go to their targets. */
final class GroupBy {

  static final String ROUTES = "Each row by the target that this column names, of many";

  private GroupBy() {}
}
