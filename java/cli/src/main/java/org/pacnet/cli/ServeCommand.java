package org.pacnet.cli;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.config.Compute;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import org.pacnet.serve.ModelServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet serve}. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Answer over HTTP for the targets of a model of tables: POST /predict/TARGET with rows in JSON, GET /targets, /health and"
          + " /metrics (Prometheus). Ends with Ctrl-C, once what is being answered is.",
      ""
    })
final class ServeCommand implements Runnable {

  private static final int MOST_PORT = 65_535;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model with targets")
  private String directory = "";

  @Option(names = "--port", paramLabel = "PORT", description = "Where to listen; 0 for any that is free (default: 8080)")
  private int port = 8080;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "At which of the machine's addresses (default: 127.0.0.1, this machine alone). Whoever can reach it can ask: there are no passwords.")
  private String host = "127.0.0.1";

  @Option(names = "--threads", paramLabel = "N", description = "That compute at a time (default: the processors)")
  private @Nullable Integer threads;

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    if (port < 0 || port > MOST_PORT) {
      throw new DataException("a port is from 0 to " + MOST_PORT + ", not " + port, "port");
    }
    Compute compute = threads == null ? ComputeOptions.processors() : Compute.threads(threads);
    try (Model model = Model.load(Path.of(directory), compute);
        ModelServer server = ModelServer.start(model, new InetSocketAddress(host, port), compute.threads())) {
      String address = "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.port();
      output.print(
          Json.object("model", directory, "address", address, "targets", server.targets()),
          text ->
              text.println(
                  "Serving " + String.join(", ", server.targets()) + " of " + directory + " at " + address + " (POST /predict/"
                      + server.targets().get(0) + "); Ctrl-C ends it"));
      System.out.flush();
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("the server has stopped");
    }
  }
}
