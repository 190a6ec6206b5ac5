package org.pacnet.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.Messages;

/**
 * A model's targets over HTTP, on the JDK's own server:
 *
 * <ul>
 *   <li>{@code POST /predict/TARGET} with {@code {"rows": [{"COLUMN": value, ...}, ...], "interval": 0.9}} (the interval may be left out, and
 *       the array of rows may stand alone) answers {@code {"predictions": [{...}, ...]}} with the columns of {@code predict};
 *   <li>{@code GET /targets} says which there are, with what goes in and comes out;
 *   <li>{@code GET /health}, and {@code GET /metrics} in Prometheus' text form.
 * </ul>
 *
 * What is wrong with a request is said in {@code {"error": "..."}}: 400 of rows, 404 of a target or path, 405 of a method, 413 of a body or rows
 * that are too many, 503 where too many ask at once. For models of tables (the network mlp). It answers as the model was when it started.
 */
public final class ModelServer implements AutoCloseable {

  /** The largest body, in bytes. */
  public static final int MOST_BYTES = 16 << 20;

  /** The most rows of a request. */
  public static final int MOST_ROWS = 100_000;

  /** So many requests are read or answered at a time; more get 503. */
  public static final int MOST_REQUESTS = 64;

  // To tell those who are too many so: they too may be slow to say what they want.
  private static final int REFUSING = 8;
  private static final int BACKLOG = 256;
  private static final int GRACE_SECONDS = 8;
  private static final String WORKER = "pacnet-serve-";
  private static final String JSON = "application/json; charset=utf-8";

  static {
    // Of the JDK's server: nobody holds a thread by being slow.
    System.setProperty("sun.net.httpserver.maxReqTime", "20");
    System.setProperty("sun.net.httpserver.maxRspTime", "60");
  }

  private final Map<String, Answers> targets = new TreeMap<>();
  private final Counters counters = new Counters();
  private final Semaphore computing;
  private final ThreadPoolExecutor pool;
  private final ThreadPoolExecutor refusing;
  private final HttpServer server;

  private ModelServer(Model model, InetSocketAddress address, int threads) throws IOException {
    for (String target : model.targets().keySet()) {
      targets.put(target, new Answers(model, target));
    }
    if (targets.isEmpty()) {
      throw new DataException("the model has no targets: calibrate one first");
    }
    computing = new Semaphore(threads);
    refusing = new ThreadPoolExecutor(REFUSING, REFUSING, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads("pacnet-refuse-"));
    refusing.allowCoreThreadTimeOut(true);
    // The thread that accepts may not be held up: it reads a request whole before it can refuse it.
    pool =
        new ThreadPoolExecutor(
            threads, MOST_REQUESTS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threads(WORKER), (work, full) -> refusing.execute(work));
    server = HttpServer.create(address, BACKLOG);
    server.setExecutor(pool);
    server.createContext("/", this::handle);
    server.start();
  }

  private static ThreadFactory threads(String name) {
    AtomicInteger made = new AtomicInteger();
    return work -> {
      Thread thread = new Thread(work, name + made.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Starts one.
   *
   * @param address where; port 0 for any that is free
   * @param threads that compute at a time
   * @throws DataException if the address can't be had, or the model has nothing to serve
   */
  public static ModelServer start(Model model, InetSocketAddress address, int threads) {
    String where = address.getHostString() + ":" + address.getPort();
    if (address.isUnresolved()) {
      throw new DataException("there is no host " + Messages.name(address.getHostString()), "host");
    }
    try {
      return new ModelServer(model, address, threads);
    } catch (BindException e) {
      throw new DataException("can't listen at " + where + " (" + e.getMessage() + "): name another port, or end what has it", e, "port", "host");
    } catch (IOException e) {
      throw new DataException("can't listen at " + where + ": " + e.getMessage(), e, "port", "host");
    }
  }

  /** The port that it listens at. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** The names of the targets that it answers for. */
  public List<String> targets() {
    return List.copyOf(targets.keySet());
  }

  /** Takes no more requests, and waits some seconds for those that are being answered. */
  @Override
  public void close() {
    server.stop(pool.getActiveCount() > 0 ? GRACE_SECONDS : 0);
    pool.shutdownNow();
    refusing.shutdownNow();
  }

  /** What goes back. */
  private record Reply(int code, String type, byte[] body) {

    static Reply json(int code, JsonNode body) {
      return new Reply(code, JSON, Json.compact(body).getBytes(StandardCharsets.UTF_8));
    }

    static Reply error(int code, String message) {
      return json(code, Json.MAPPER.createObjectNode().put("error", message));
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    long begun = System.nanoTime();
    counters.begin();
    int code = 500;
    try (exchange) {
      Reply reply = reply(exchange);
      code = reply.code;
      exchange.getResponseHeaders().set("Content-Type", reply.type);
      if (code == 405) {
        exchange.getResponseHeaders().set("Allow", exchange.getRequestURI().getPath().startsWith("/predict/") ? "POST" : "GET");
      }
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(code, head ? -1 : reply.body.length);
      if (!head) {
        try (OutputStream out = exchange.getResponseBody()) {
          out.write(reply.body);
        }
      }
    } finally {
      counters.end(code, System.nanoTime() - begun);
    }
  }

  private Reply reply(HttpExchange exchange) throws IOException {
    if (!Thread.currentThread().getName().startsWith(WORKER)) {
      return Reply.error(503, "too many requests at once: ask again");
    }
    try {
      String path = exchange.getRequestURI().getPath();
      if (path.startsWith("/predict/")) {
        return exchange.getRequestMethod().equals("POST")
            ? predict(path.substring("/predict/".length()), exchange.getRequestBody(), exchange.getRequestHeaders().getFirst("Content-Length"))
            : Reply.error(405, "predictions are asked for by POST");
      }
      Reply known =
          switch (path) {
            case "/health" -> Reply.json(200, Json.MAPPER.createObjectNode().put("status", "ok").put("targets", targets.size()));
            case "/targets" -> Reply.json(200, described());
            case "/metrics" ->
                new Reply(200, "text/plain; version=0.0.4; charset=utf-8", counters.text().getBytes(StandardCharsets.UTF_8));
            default -> Reply.error(404, "there is POST /predict/TARGET, GET /targets, GET /health and GET /metrics");
          };
      boolean reads = exchange.getRequestMethod().equals("GET") || exchange.getRequestMethod().equals("HEAD");
      return known.code == 404 || reads ? known : Reply.error(405, "this is asked for by GET");
    } catch (RuntimeException e) {
      return Reply.error(500, "internal error: " + e.getClass().getSimpleName());
    }
  }

  private ObjectNode described() {
    ObjectNode all = Json.MAPPER.createObjectNode();
    ArrayNode list = all.putArray("targets");
    targets.values().forEach(target -> list.add(target.description()));
    return all;
  }

  private Reply predict(String target, InputStream body, @Nullable String length) throws IOException {
    Answers answers = targets.get(target);
    if (answers == null) {
      return Reply.error(404, "the model has no target " + Messages.name(target) + "; it has " + Messages.list(targets.keySet()));
    }
    if (length != null && length.length() > 9) {
      return Reply.error(413, "a body is at most " + MOST_BYTES + " bytes: ask in parts");
    }
    byte[] bytes = body.readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      return Reply.error(413, "a body is at most " + MOST_BYTES + " bytes: ask in parts");
    }
    try {
      JsonNode asked = Json.MAPPER.readTree(bytes);
      JsonNode rows = asked.isObject() ? asked.get("rows") : asked;
      if (rows == null || !rows.isArray()) {
        return Reply.error(400, "the body is {\"rows\": [{...}, ...]} or an array of rows");
      }
      if (rows.size() > MOST_ROWS) {
        return Reply.error(413, "at most " + MOST_ROWS + " rows at a time");
      }
      Double level = null;
      if (asked.isObject() && asked.hasNonNull("interval")) {
        if (!asked.get("interval").isNumber()) {
          return Reply.error(400, "interval is a number such as 0.9");
        }
        level = asked.get("interval").doubleValue();
      }
      List<JsonNode> each = new ArrayList<>();
      rows.forEach(each::add);
      ObjectNode all = Json.MAPPER.createObjectNode();
      computing.acquire();
      try {
        all.set("predictions", answers.answer(each, level));
      } finally {
        computing.release();
      }
      counters.answered(target, each.size());
      return Reply.json(200, all);
    } catch (JsonProcessingException e) {
      return Reply.error(400, "the body is no JSON: " + Json.reason(e));
    } catch (DataException e) {
      return Reply.error(400, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Reply.error(503, "the server is stopping");
    }
  }
}
