package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's Java example compiles, and does what it says. */
class ReadmeTest {

  @TempDir Path folder;

  @Test
  void theExampleRuns() throws IOException, ReflectiveOperationException {
    String readme = Files.readString(Path.of(System.getProperty("pacnet.root"), "README.md"));
    Matcher fence = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme);
    assertTrue(fence.find(), "no Java example");
    // Public, so that it can be called from here.
    String code =
        fence.group(1).replace("class Example", "public class Example").replace("static void", "public static void");
    Path file = Files.writeString(folder.resolve("Example.java"), code);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assertNotNull(compiler, "the tests need a JDK");
    assertEquals(
        0,
        compiler.run(
            null, null, null,
            "-cp", System.getProperty("java.class.path"), "-d", folder.toString(), file.toString()));
    Path source = Samples.csv(folder.resolve("source.csv"), 300, 0, 1);
    Path target = Samples.csv(folder.resolve("target.csv"), 30, 0.5, 2);
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Method transfer =
          loader
              .loadClass("Example")
              .getMethod("transfer", String.class, String.class, String.class, Path.class);
      transfer.invoke(
          null, source.toString(), target.toString(), target.toString(), folder.resolve("m"));
    }
    try (Model model = Model.load(folder.resolve("m"))) {
      assertTrue(model.targets().containsKey("fab2"));
    }
  }
}
