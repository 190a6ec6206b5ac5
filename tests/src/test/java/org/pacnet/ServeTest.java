package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.Missing;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;
import org.pacnet.serve.ModelServer;

/** A model over HTTP, asked as a program would and as nobody should. */
class ServeTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir static Path shared;
  private static Model model;
  private static ModelServer server;

  private static Map<String, Object> table(int rows, double shift, long seed) {
    Random random = new Random(seed);
    double[] a = new double[rows];
    double[] b = new double[rows];
    String[] tool = new String[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      a[r] = random.nextGaussian();
      b[r] = 10 * random.nextDouble();
      tool[r] = "T" + random.nextInt(3);
      y[r] = 50 + 5 * Math.sin(a[r] + shift) + b[r] + (tool[r].equals("T1") ? 1 : 0);
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("a", a);
    columns.put("b", b);
    columns.put("tool", tool);
    columns.put("y", y);
    return columns;
  }

  private static TransferConfig.Builder quick() {
    return TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(20)).target(f -> f.epochs(20)).seed(4).columns(c -> c.missing(Missing.MEAN));
  }

  @BeforeAll
  static void start() {
    model = Model.train(Data.columns(table(200, 0, 1)), quick().build(), new Monitor());
    model.prune();
    model.allocate(Data.columns(table(200, 0, 1)), new Monitor());
    TransferConfig how = model.config().toBuilder().method(Method.AUTO).calibrate(c -> c.intervals(true)).build();
    model.calibrate("line 1/ü", Data.columns(table(30, 0.7, 2)), how, new Monitor());
    model.calibrate("pac", Data.columns(table(30, 0.7, 3)), model.config().toBuilder().method(Method.PAC).build(), new Monitor());
    model.save(shared.resolve("model"), false);
    server = ModelServer.start(model, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 2);
  }

  @AfterAll
  static void stop() {
    server.close();
    model.close();
  }

  private static URI at(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  private static HttpResponse<String> send(HttpRequest request) {
    try {
      return CLIENT.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(at(path)).build());
  }

  private static HttpResponse<String> post(String path, String body) {
    return send(HttpRequest.newBuilder(at(path)).POST(BodyPublishers.ofString(body)).build());
  }

  private static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new AssertionError(response.body(), e);
    }
  }

  private static ArrayNode rows(Map<String, Object> table) {
    ArrayNode rows = JSON.createArrayNode();
    for (int r = 0; r < ((double[]) table.get("a")).length; r++) {
      rows.addObject()
          .put("a", ((double[]) table.get("a"))[r])
          .put("b", ((double[]) table.get("b"))[r])
          .put("tool", ((String[]) table.get("tool"))[r])
          .put("of no use", true);
    }
    return rows;
  }

  private static void same(double[] expected, JsonNode predictions, String column) {
    assertEquals(expected.length, predictions.size());
    for (int r = 0; r < expected.length; r++) {
      assertEquals(expected[r], predictions.get(r).get(column).doubleValue(), 1e-4 * Math.abs(expected[r]), column + ", row " + r);
    }
  }

  @Test
  void saysWhatTheModelSays() {
    Map<String, Object> asked = table(20, 0.7, 5);
    ObjectNode body = JSON.createObjectNode().put("interval", 0.9);
    body.set("rows", rows(asked));
    HttpResponse<String> response = post("/predict/line%201/%C3%BC", body.toString());
    assertEquals(200, response.statusCode(), response.body());
    assertEquals("application/json; charset=utf-8", response.headers().firstValue("Content-Type").orElseThrow());
    JsonNode said = json(response).get("predictions");
    Predictions right = model.predict("line 1/ü", Data.columns(asked), 0.9);
    for (String column : List.of("prediction_y", "lower_y", "upper_y")) {
      same(right.numbers(column), said, column);
    }
    JsonNode alone = json(post("/predict/pac", rows(asked).toString())).get("predictions");
    same(model.predict("pac", Data.columns(asked)).numbers("prediction_y"), alone, "prediction_y");
    assertEquals(1, alone.get(0).size());
    assertEquals(0, json(post("/predict/pac", "[]")).get("predictions").size());
  }

  @Test
  void missingValuesAreFilledAsEver() {
    Map<String, Object> asked = table(1, 0.7, 5);
    asked.put("b", new Double[] {null});
    double right = model.predict("pac", Data.columns(asked)).numbers("prediction_y")[0];
    for (String row : List.of("{\"a\": %s, \"tool\": \"%s\"}", "{\"a\": %s, \"b\": null, \"tool\": \"%s\"}")) {
      String body = "[" + String.format(row, ((double[]) asked.get("a"))[0], ((String[]) asked.get("tool"))[0]) + "]";
      assertEquals(right, json(post("/predict/pac", body)).get("predictions").get(0).get("prediction_y").doubleValue(), 1e-3);
    }
  }

  @Test
  void classesComeWithTheirProbabilities() {
    Map<String, Object> source = table(200, 0, 1);
    Map<String, Object> target = table(40, 0.7, 2);
    for (Map<String, Object> rows : List.of(source, target)) {
      rows.put("y", Arrays.stream((double[]) rows.get("y")).mapToObj(v -> v > 55 ? "high" : "low").toArray(String[]::new));
    }
    TransferConfig config = quick().objective(o -> o.task(Task.CLASSIFICATION)).method(Method.AUTO).build();
    try (Model classes = Model.transfer(Data.columns(source), "t", Data.columns(target), config, new Monitor());
        ModelServer own = ModelServer.start(classes, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1)) {
      Map<String, Object> asked = table(20, 0.7, 5);
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + own.port() + "/predict/t"))
              .POST(BodyPublishers.ofString(rows(asked).toString()))
              .build();
      JsonNode said = json(send(request)).get("predictions");
      Predictions right = classes.predict("t", Data.columns(asked));
      same(right.numbers("probability_high"), said, "probability_high");
      for (int r = 0; r < 20; r++) {
        assertEquals(right.classes()[r], said.get(r).get("prediction").asText());
      }
    }
  }

  @Test
  void whatIsWrongIsSaidInOneLine() {
    refused(400, "no JSON", "{\"rows\": [");
    refused(400, "no JSON", "[] []");
    refused(400, "array of rows", "{\"row\": []}");
    refused(400, "array of rows", "3");
    refused(400, "array of rows", "");
    refused(400, "row 1: a row is an object", "[3]");
    refused(400, "row 2: column tool has no category 'T9'", "[{\"a\": 1, \"b\": 2, \"tool\": \"T1\"}, {\"a\": 1, \"b\": 2, \"tool\": \"T9\"}]");
    refused(400, "row 1: column tool has no value", "[{\"a\": 1, \"b\": 2}]");
    refused(400, "\"much\" is a text where a number should be", "[{\"a\": \"much\", \"b\": 2, \"tool\": \"T1\"}]");
    refused(400, "neither a number nor a text", "[{\"a\": [1], \"b\": 2, \"tool\": \"T1\"}]");
    refused(400, "too large", "[{\"a\": 1e300, \"b\": 2, \"tool\": \"T1\"}]");
    refused(400, "calibrated without intervals", "{\"rows\": [], \"interval\": 0.9}");
    refused(400, "interval is a number", "{\"rows\": [], \"interval\": \"wide\"}");
    refused(400, "no JSON", "[".repeat(5000));
    assertEquals(404, post("/predict/nobody", "[]").statusCode());
    assertTrue(post("/predict/nobody", "[]").body().contains("it has line 1/ü, pac"));
    assertEquals(404, get("/etc/passwd").statusCode());
    assertEquals(405, get("/predict/pac").statusCode());
    assertEquals("POST", get("/predict/pac").headers().firstValue("Allow").orElseThrow());
    assertEquals(405, post("/health", "").statusCode());
    assertEquals(413, post("/predict/pac", " ".repeat(ModelServer.MOST_BYTES + 1)).statusCode());
    assertEquals(413, post("/predict/pac", "[" + "1,".repeat(ModelServer.MOST_ROWS) + "1]").statusCode());
    // And goes on.
    assertEquals(200, get("/health").statusCode());
  }

  private static void refused(int code, String words, String body) {
    HttpResponse<String> response = post("/predict/pac", body);
    assertEquals(code, response.statusCode(), response.body());
    String error = json(response).get("error").asText();
    assertTrue(error.contains(words) && !error.contains("\n"), error);
  }

  @Test
  void tellsWhatThereIsAndWhatWasDone() {
    assertEquals("ok", json(get("/health")).get("status").asText());
    JsonNode pac = json(get("/targets")).get("targets").get(1);
    assertEquals("pac", pac.get("target").asText());
    assertEquals(
        "[{\"name\":\"a\",\"kind\":\"numeric\"},{\"name\":\"b\",\"kind\":\"numeric\"},"
            + "{\"name\":\"tool\",\"kind\":\"categorical\",\"categories\":[\"T0\",\"T1\",\"T2\"]}]",
        pac.get("inputs").toString());
    assertEquals("[\"prediction_y\"]", pac.get("outputs").toString());
    long before = counted("pacnet_rows_total{target=\"pac\"}");
    post("/predict/pac", rows(table(7, 0, 6)).toString());
    assertEquals(before + 7, counted("pacnet_rows_total{target=\"pac\"}"));
    long notFound = counted("pacnet_requests_total{code=\"404\"}");
    get("/nothing");
    assertEquals(notFound + 1, counted("pacnet_requests_total{code=\"404\"}"));
    assertEquals(1, counted("pacnet_requests_in_flight"));
  }

  private static long counted(String name) {
    return get("/metrics").body().lines().filter(line -> line.startsWith(name + " ")).mapToLong(line -> Long.parseLong(line.substring(name.length() + 1))).findFirst().orElse(0);
  }

  // Seconds: -Dpacnet.serve.seconds
  @Test
  void underLoadWithBadRequestsInIt() throws InterruptedException {
    int seconds = Integer.getInteger("pacnet.serve.seconds", 3);
    String good = rows(table(100, 0.7, 8)).toString();
    double right = model.predict("pac", Data.columns(table(100, 0.7, 8))).numbers("prediction_y")[99];
    AtomicLong answered = new AtomicLong();
    List<Throwable> wrong = new ArrayList<>();
    List<Thread> clients = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    for (int c = 0; c < 4; c++) {
      Thread client =
          new Thread(
              () -> {
                for (int i = 0; System.nanoTime() < end; i++) {
                  HttpResponse<String> response = post("/predict/pac", i % 7 == 3 ? good.substring(0, good.length() / 2) : good);
                  assertEquals(i % 7 == 3 ? 400 : 200, response.statusCode());
                  if (i % 7 != 3) {
                    assertEquals(right, json(response).get("predictions").get(99).get("prediction_y").doubleValue(), 1e-4 * Math.abs(right));
                    answered.addAndGet(100);
                  }
                }
              });
      client.setUncaughtExceptionHandler((thread, e) -> wrong.add(e));
      client.start();
      clients.add(client);
    }
    for (Thread client : clients) {
      client.join();
    }
    assertEquals(List.of(), wrong);
    assertTrue(answered.get() > 0);
    System.out.println("served " + answered.get() / seconds + " rows a second over " + seconds + " s");
  }

  @Test
  void whoComesWhereManyAreSlowIsToldSo() throws IOException {
    List<Socket> slow = new ArrayList<>();
    try {
      String request = "POST /predict/pac HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[";
      for (int i = 0; i < ModelServer.MOST_REQUESTS + 4; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        slow.add(socket);
        // The last two have not even said what they want; nobody waits for them, or for what those before them say.
        int said = i < ModelServer.MOST_REQUESTS + 2 ? request.length() : 20;
        socket.getOutputStream().write(request.substring(0, said).getBytes(StandardCharsets.UTF_8));
      }
      long waited = System.nanoTime();
      HttpResponse<String> response = get("/health");
      while (response.statusCode() == 200 && System.nanoTime() - waited < 15e9) {
        response = get("/health");
      }
      assertEquals(503, response.statusCode());
      assertTrue(response.body().contains("ask again"), response.body());
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
    HttpResponse<String> after = get("/health");
    for (int i = 0; i < 100 && after.statusCode() == 503; i++) {
      after = get("/health");
    }
    assertEquals(200, after.statusCode());
  }

  @Test
  void whatCannotBeServedIsSaid() {
    DataException taken =
        assertThrows(DataException.class, () -> ModelServer.start(model, new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), 1));
    assertTrue(taken.getMessage().contains("can't listen at localhost:" + server.port()), taken.getMessage());
    try (Model none = Model.train(Data.columns(table(60, 0, 1)), quick().build(), new Monitor())) {
      DataException e = assertThrows(DataException.class, () -> ModelServer.start(none, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1));
      assertTrue(e.getMessage().contains("no targets"), e.getMessage());
    }
    Cli.refused("a port is from 0", "serve", "--model", shared.resolve("model"), "--port", 70000);
    Cli.refused("can't listen at 127.0.0.1:" + server.port(), "serve", "--model", shared.resolve("model"), "--port", server.port());
  }

  @Test
  void theCommandEndsWhereItIsAskedTo() throws IOException, InterruptedException {
    Process process = Cli.start(shared, "serve", "--model", shared.resolve("model"), "--port", 0, "--json");
    try {
      Path stdout = shared.resolve("stdout");
      for (int i = 0; i < 200 && !Files.readString(stdout).endsWith("\n"); i++) {
        Thread.sleep(100);
      }
      JsonNode said = JSON.readTree(Files.readString(stdout));
      URI health = URI.create(said.get("address").asText() + "/health");
      assertEquals(200, send(HttpRequest.newBuilder(health).build()).statusCode());
      // One that is being answered is answered still.
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), health.getPort())) {
        OutputStream to = socket.getOutputStream();
        to.write("POST /predict/pac HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[".getBytes(StandardCharsets.UTF_8));
        to.flush();
        Thread.sleep(300);
        process.destroy();
        Thread.sleep(300);
        to.write("]".getBytes(StandardCharsets.UTF_8));
        to.flush();
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(answer.startsWith("HTTP/1.1 200") && answer.endsWith("{\"predictions\":[]}"), answer);
      }
      assertTrue(process.waitFor(20, TimeUnit.SECONDS));
      assertEquals(143, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
    assertFalse(process.isAlive());
  }
}
