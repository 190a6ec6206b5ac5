package org.pacnet;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Compute;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.DirectoryLock;
import org.pacnet.internal.format.TargetNames;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.store.ModelStore;
import org.pacnet.result.Monitor;
import org.pacnet.result.TargetOutcome;

/**
 * A directory held for a model, from before the work until after the saving. Whoever makes one has
 * been told of everything that would keep the model from being written there, and until {@link
 * #close} no other process or thread can change what is there; reading goes on.
 *
 * <pre>{@code
 * try (ModelPlace place = ModelPlace.forNew(directory, false);
 *     Model model = Model.train(source, config, monitor)) {
 *   place.save(model);
 * }
 * }</pre>
 */
public final class ModelPlace implements AutoCloseable {

  private final Path directory;
  private final DirectoryLock lock;
  private final @Nullable String target;

  private ModelPlace(Path directory, @Nullable String target) {
    DirectoryLock taken =
        target == null
            ? DirectoryLock.whole(directory)
            : DirectoryLock.part(directory, target);
    if (taken == null) {
      throw DirectoryLock.busy(directory);
    }
    this.directory = directory;
    this.lock = taken;
    this.target = target;
  }

  /**
   * For a new model. Throws a {@link DataException} if something that is no model is there, or a
   * model is and {@code overwrite} is false, or nothing can be written there, or another process is
   * at it. A directory that is not there is made, and removed by {@link #close} if nothing was saved.
   */
  public static ModelPlace forNew(Path directory, boolean overwrite) {
    ModelStore.checkReplaceable(directory, overwrite);
    ModelPlace place = new ModelPlace(directory, null);
    try {
      // Again, for another process may have been there before the lock was ours.
      ModelStore.checkReplaceable(directory, overwrite);
      return place;
    } catch (RuntimeException e) {
      place.close();
      throw e;
    }
  }

  /** For a model that is there and is to be changed as a whole; throws as {@link #forNew}. */
  public static ModelPlace forChange(Path directory) {
    ModelStore.checkModel(directory);
    ModelStore.checkReplaceable(directory, true);
    return new ModelPlace(directory, null);
  }

  /**
   * For one target of a model that is there; meanwhile others can add other targets. Throws as {@link
   * #forNew}, also if there is a target of that name and {@code overwrite} is false.
   */
  public static ModelPlace forTarget(Path directory, String name, boolean overwrite) {
    TargetNames.check(name);
    ModelStore.checkModel(directory);
    ModelStore.checkReplaceable(directory, true);
    ModelPlace place = new ModelPlace(directory, name);
    try {
      ModelStore.checkTargetReplaceable(directory, name, overwrite);
      return place;
    } catch (RuntimeException e) {
      place.close();
      throw e;
    }
  }

  /** The model that is there now. */
  public Model load() {
    return Model.load(directory);
  }

  /** The same, as {@link Model#load(Path, Compute)} reads it. */
  public Model load(Compute compute) {
    return Model.load(directory, compute);
  }

  /**
   * Writes the model, or where this is {@linkplain #forTarget for a target} that target alone: whole,
   * or not at all, also if the process dies meanwhile. Files that are no part of a model stay.
   *
   * @return what else lies in the directory
   * @throws org.pacnet.error.OutputException if it can't be written
   */
  public List<Path> save(Model model) {
    if (target == null) {
      ModelStore.save(model.phases(), model.state(), directory);
    } else {
      ModelStore.targetFolder(model.phases(), model.state(), directory).write(model.state().target(target));
    }
    return ModelStore.foreign(directory);
  }

  /**
   * {@link Model#calibrateAll}, and writes each target as soon as it is learnt: what a process that dies had learnt is there,
   * and the same call goes on from there. Targets that are saved take no memory. For a place {@linkplain #forChange that is
   * to be changed as a whole}.
   *
   * @param overwrite replace targets of the same names; otherwise one that was learnt from the same rows and settings
   *     stays as it is ({@link TargetOutcome#resumed}; with {@code tune} the same rows are enough), and any other is a
   *     problem
   */
  public Map<String, TargetOutcome> calibrateAll(
      Model model,
      Map<String, Data> targets,
      TransferConfig settings,
      boolean tune,
      boolean overwrite,
      Consumer<TargetOutcome> done,
      Monitor monitor) {
    requireWhole();
    return model.calibrateAll(targets, settings, tune, overwrite, directory, done, monitor);
  }

  /**
   * Writes these targets of a model that has this place's base, each whole or not at all. For a place {@linkplain #forChange that
   * is to be changed as a whole}.
   */
  public void saveTargets(Model model, Collection<String> names) {
    requireWhole();
    ModelState state = model.state();
    ModelStore.TargetFolder folder = ModelStore.targetFolder(model.phases(), state, directory);
    names.forEach(name -> folder.write(state.target(name)));
  }

  private void requireWhole() {
    if (target != null) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "this place is for the target '%s' alone", target));
    }
  }

  /** Lets others change the directory. Closing twice is harmless. */
  @Override
  public void close() {
    lock.close();
  }
}
