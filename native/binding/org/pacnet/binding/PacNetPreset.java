package org.pacnet.binding;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.presets.javacpp;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to generate the rest of this package from {@code pacnet/pacnet.h}, and which libraries to load
 * before {@code libpacnet.so}.
 *
 * <p>The OpenBLAS and LibTorch libraries come out of the native jars of JavaCPP's presets, by name and in the order in
 * which they need each other. The presets' classes are neither loaded nor inherited: LibTorch's would bring names that
 * clash with ours, and OpenBLAS's prints a version warning on standard error.
 */
@Properties(
    inherit = javacpp.class,
    target = "org.pacnet.binding",
    global = "org.pacnet.binding.PacNetLibrary",
    value = {
        @Platform(
            value = PacNetPreset.PLATFORM,
            compiler = "cpp17",
            library = "jnipacnet",
            include = "pacnet/pacnet.h",
            link = "pacnet",
            preload = {
              "gcc_s@.1",
              "quadmath@.0",
              "gfortran@.5",
              "openblas@.0",
              "gomp@.1",
              "c10",
              "torch_cpu",
              "torch",
              // LibTorch's part for GPUs, in the jar for them alone. The core says what it lacks where it can't be loaded.
              "c10_cuda",
              "torch_cuda"
            },
            preloadresource = {"/org/bytedeco/openblas/", "/org/bytedeco/pytorch/"}),
        // Its libraries may be in folders of this name, too.
        @Platform(value = PacNetPreset.PLATFORM, extension = "-gpu")
    })
public class PacNetPreset implements InfoMapper {

  static final String PLATFORM = "linux-x86_64";

  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("PACNET_API").cppTypes().annotations())
        // Java overrides what these declare.
        .put(new Info("pacnet::FitListener").virtualize())
        .put(new Info("pacnet::BatchSource").virtualize());
  }
}
