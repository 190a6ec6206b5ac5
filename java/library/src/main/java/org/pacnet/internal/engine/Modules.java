package org.pacnet.internal.engine;

import java.lang.ref.SoftReference;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.pacnet.binding.ScriptModule;
import org.pacnet.config.ModuleFile;
import org.pacnet.error.DataException;

/** Modules of a user's own, read and looked through once for as long as their files are in use. */
final class Modules {

  // By the array itself: a model's code and the file that it came from are two.
  private static final Map<byte[], SoftReference<ScriptModule>> READ = Collections.synchronizedMap(new WeakHashMap<>());

  private Modules() {}

  static ScriptModule of(ModuleFile file) {
    NativeLibrary.load();
    byte[] content = file.content();
    synchronized (READ) {
      SoftReference<ScriptModule> known = READ.get(content);
      ScriptModule module = known == null ? null : known.get();
      if (module == null) {
        module = read(file, content);
        READ.put(content, new SoftReference<>(module));
      }
      return module;
    }
  }

  private static ScriptModule read(ModuleFile file, byte[] content) {
    if (content.length == 0) {
      throw new DataException("the module " + file.name() + " is known by its name alone: name the file", "module");
    }
    try {
      return new ScriptModule(content, content.length);
    } catch (RuntimeException e) {
      throw of(file, NativeLibrary.translate(e));
    }
  }

  /** What the core says of a module, with the file's name; of the output layer where it speaks of that. */
  static RuntimeException of(ModuleFile file, RuntimeException e) {
    if (!(e instanceof DataException)) {
      return e;
    }
    String message = String.valueOf(e.getMessage());
    return new DataException(file.name() + ": " + message, e, message.contains(" head") || message.contains("is no layer") ? "head" : "module");
  }
}
