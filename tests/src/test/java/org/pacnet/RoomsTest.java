package org.pacnet;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which package may know which other: docs/architecture.md draws it. */
class RoomsTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.pacnet");

  // From the lowest up. A room knows those that are named, and of its own line none above it.
  private static final Map<String, Set<String>> KNOWS = new TreeMap<>();

  private static final String LIBRARY = "base config data error result";

  static {
    room("error", "");
    room("base", "error");
    room("config", "base error");
    room("data", "base config error");
    room("format", "base config correction data error");
    room("correction", "base config error");
    room("predict", "base config correction data error format");
    room("statistics", "");
    room("result", "config data error statistics");
    room("engine", "base binding config data error format");
    room("table", "base config data engine error format");
    room("image", "base config data engine error table");
    room("method", "base config engine format");
    room("onnx", "base config correction data error format");
    room("fit", "base config correction engine error");
    room("learn", LIBRARY + " correction engine fit format image method table");
    room("select", "base config data error result correction learn table");
    room("store", LIBRARY + " correction engine format learn");
    room("many", "base config data error result correction format learn select store table");
    room("facade", LIBRARY + " correction engine format image learn many onnx predict select store table");
    room("pde", "config data error");
    room("experiment", LIBRARY + " facade pde report statistics");
    room("serve", "base data error facade predict");
    room("report", "base config data result facade statistics");
    room("cli", LIBRARY + " engine experiment facade pde report serve table");
  }

  private static void room(String name, String known) {
    KNOWS.put(name, known.isEmpty() ? Set.of() : Set.of(known.split(" ")));
  }

  private static String roomOf(JavaClass type) {
    String name = type.getPackageName();
    return name.equals("org.pacnet")
        ? "facade"
        : name.replaceFirst("^org\\.pacnet\\.(internal\\.)?", "").replaceFirst("\\..*", "");
  }

  @Test
  void everyRoomKnowsOnlyWhatItMay() {
    Set<String> wrong = new TreeSet<>();
    Map<String, Set<String>> used = new TreeMap<>();
    for (JavaClass type : CLASSES) {
      String from = roomOf(type);
      if (from.equals("binding") || from.equals("spark")) {
        continue;
      }
      assertTrue(KNOWS.containsKey(from), () -> type + " is in a package that no rule speaks of");
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        JavaClass target = dependency.getTargetClass().getBaseComponentType();
        if (!target.getPackageName().startsWith("org.pacnet")) {
          continue;
        }
        String to = roomOf(target);
        if (!to.equals(from)) {
          used.computeIfAbsent(from, f -> new TreeSet<>()).add(to);
          if (!KNOWS.get(from).contains(to)) {
            wrong.add(type.getSimpleName() + " (" + from + ") -> " + target.getSimpleName() + " (" + to + ")");
          }
        }
      }
    }
    assertEquals(Set.of(), wrong);
    // A rule that nothing needs hides what it would have caught.
    List<String> unused = new ArrayList<>();
    KNOWS.forEach(
        (from, known) ->
            known.stream()
                .filter(to -> !used.getOrDefault(from, Set.of()).contains(to))
                .forEach(to -> unused.add(from + " -> " + to)));
    assertEquals(List.of(), unused);
  }

  @Test
  void noPackagesGoRoundInACircle() {
    slices().matching("org.(**)").should().beFreeOfCycles().check(CLASSES);
  }
}
