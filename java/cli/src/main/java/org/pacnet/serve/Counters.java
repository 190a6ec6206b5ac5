package org.pacnet.serve;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What was asked and answered, in Prometheus' text form. */
final class Counters {

  private final Map<Integer, LongAdder> requests = new ConcurrentSkipListMap<>();
  private final Map<String, LongAdder> rows = new ConcurrentSkipListMap<>();
  private final LongAdder nanoseconds = new LongAdder();
  private final LongAdder timed = new LongAdder();
  private final AtomicInteger inFlight = new AtomicInteger();

  void begin() {
    inFlight.incrementAndGet();
  }

  void end(int code, long took) {
    inFlight.decrementAndGet();
    requests.computeIfAbsent(code, c -> new LongAdder()).increment();
    nanoseconds.add(took);
    timed.increment();
  }

  void answered(String target, int count) {
    rows.computeIfAbsent(target, t -> new LongAdder()).add(count);
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append("# HELP pacnet_requests_total Requests answered, by status.\n# TYPE pacnet_requests_total counter\n");
    requests.forEach((code, count) -> line(text, "pacnet_requests_total{code=\"" + code + "\"}", count.sum()));
    text.append("# HELP pacnet_rows_total Rows predicted, by target.\n# TYPE pacnet_rows_total counter\n");
    rows.forEach((target, count) -> line(text, "pacnet_rows_total{target=\"" + escaped(target) + "\"}", count.sum()));
    text.append("# HELP pacnet_request_seconds Time from a request's head to its answer.\n# TYPE pacnet_request_seconds summary\n");
    text.append(String.format(Locale.ROOT, "pacnet_request_seconds_sum %.6f", nanoseconds.sum() / 1e9)).append('\n');
    line(text, "pacnet_request_seconds_count", timed.sum());
    text.append("# HELP pacnet_requests_in_flight Requests that are being answered.\n# TYPE pacnet_requests_in_flight gauge\n");
    line(text, "pacnet_requests_in_flight", inFlight.get());
    return text.toString();
  }

  private static void line(StringBuilder text, String name, long value) {
    text.append(name).append(' ').append(value).append('\n');
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
