package org.pacnet.cli;

/** What {@code --new-classes} says of itself. */
final class NewClasses {
  static final String DESCRIPTION =
      "Take classes of the target that differ from the source's in spelling only (0 and 0.0, Yes and"
          + " yes) for new ones; otherwise they are refused.";

  private NewClasses() {}
}
