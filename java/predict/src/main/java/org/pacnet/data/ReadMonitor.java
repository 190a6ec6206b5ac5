package org.pacnet.data;

/** Watches a long reading and can stop it. Called on the thread that reads, and on others. */
public interface ReadMonitor {

  /** Neither watches nor stops. */
  ReadMonitor NONE =
      new ReadMonitor() {
        @Override
        public void onRows(String table, long rows) {}

        @Override
        public boolean isCancelled() {
          return false;
        }
      };

  /**
   * Told now and then how far it is.
   *
   * @param table what messages call the file or table that is read
   * @param rows how many rows of it are read by now
   */
  void onRows(String table, long rows);

  /** Whether to stop, at once: the reading then throws a {@code CancelledException}. */
  boolean isCancelled();
}
