package org.pacnet.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.pacnet.error.DataException;

/** How a target is learnt from what the source left; {@code docs/methods.md} gives losses and sources. */
@SuppressWarnings("ImmutableEnumChecker") // the set of needs is a copy
public enum Method {
  /**
   * What is safe for the target's rows: the stack for numbers in a table, logistic regression for the source's classes in one of at most
   * 1,000 rows, the output layer alone for at most 100 images, PAC for others.
   */
  AUTO(Start.BASE, 0.01),
  /** The target's samples alone, from random weights. */
  SCRATCH(Start.RANDOM),
  /** All weights, starting from the source's. */
  FINETUNE(Start.SOURCE),
  /** The output layer alone, on the source's other weights. */
  FINETUNE_HEAD(Start.SOURCE),
  /** The last layers alone. */
  FINETUNE_LAST(Start.SOURCE),
  /** Fine-tuning with a pull toward zero. */
  L2(Start.SOURCE, 0.01),
  /** Fine-tuning with a pull toward the source's weights. */
  L2SP(Start.SOURCE, 0.01),
  /** Fine-tuning with a pull of each layer's features toward the source's. */
  DELTA(Start.SOURCE, 1, Need.FEATURES),
  /** Fine-tuning that shrinks what a batch's features have in common least. */
  BSS(Start.SOURCE, 0.001, Need.FEATURES),
  /** Fine-tuning that normalises by the batch or by the source's statistics, by chance. */
  STOCHNORM(Start.SOURCE, 0, Need.BATCH_NORM),
  /** Fine-tuning that keeps teaching the source's outputs what the target's classes look like to them. */
  COTUNING(Start.SOURCE, 1, Need.OWN_CLASSES),
  /** Fine-tuning that keeps the source's outputs near what they were. */
  LWF(Start.SOURCE, 1, Need.CLASSES),
  /** Fine-tuning of the layers that need it, the others being the source's bit for bit. */
  TAPS(Start.SOURCE, 0.01),
  /** Fine-tuning of every matrix by a product of two thin ones, and of the output layer. */
  LORA(Start.SOURCE),
  /** Fine-tuning under a Gaussian prior that the source's rows say the shape of. */
  PRIOR(Start.SOURCE, 0.01, Need.SOURCE_ROWS),
  /** Train, Prune, Allocate, Calibrate (Myung et al. 2022). */
  PAC(Start.BASE, 0.01),
  /** Several of PAC's calibrations, each without a part of the rows, and the mean of what they say. */
  PAC_ENSEMBLE(Start.BASE, 0.01),
  /** PAC's ensemble mixed with a Gaussian process and ridge regression on what the source leaves. */
  PAC_STACK(Start.BASE, 0.01, Need.NUMBERS, Need.TABLE),
  /** PAC's calibration from what other targets of the base learnt, merged by how sure each is of each weight, and pulled to that. */
  MERGE(Start.BASE, 1, Need.RELATIVES),
  /** PAC's calibration of those weights that most of the nearest other targets hold to be large, from what these say. */
  METAVOTE(Start.BASE, 1, Need.RELATIVES),
  /**
   * Other targets of the base, each calibrated on by PAC, and a router that says for each row how much each of them counts (Hub-Pathway; Shu et al.
   * 2022).
   */
  HUB(Start.BASE, 1, Need.RELATIVES, Need.TABLE),
  /** PAC, whose network also follows what other targets of the base make of the rows, each as far as it is near (after Vid2Act; Pan et al. 2023). */
  TEACHERS(Start.BASE, 1, Need.RELATIVES, Need.FEATURES, Need.TABLE),
  /** PAC's pruned weights of those layers alone that a policy chooses under a budget, the others being the base bit for bit (Kim et al. 2023). */
  SWR(Start.BASE, 1),
  /** PAC without its pull: what λ is good for. */
  PAC_NOLAMBDA(Start.BASE),
  /** PAC on kept weights that have not been trained again: what Allocate is good for. */
  PAC_NOALLOCATE(Start.PRUNED, 0.01),
  /** PAC with a mask drawn at random: what magnitude is good for. */
  PAC_RANDOM(Start.BASE, 0.01, Need.RANDOM_MASK),
  /** PAC with the largest weights of each layer: what looking at all layers together is good for. */
  PAC_LAYERWISE(Start.BASE, 0.01, Need.LAYERWISE_MASK),
  /** PAC whose pruned weights start as the source's instead of zero: what zeroing is good for. */
  PAC_NOZERO(Start.SOURCE, 0.01),
  /** PAC that trains what is kept too: what freezing is good for. */
  PAC_ALL(Start.BASE, 0.01),
  /** The source model as it is. */
  UNTOUCHED(Need.SHARED_OUTPUTS),
  /** The source model's output, scaled and shifted. */
  AFFINE(Need.NUMBERS, Need.TABLE),
  /** Ridge regression of what the source model leaves, on its output and the inputs. */
  RIDGE_RESIDUAL(Need.NUMBERS, Need.TABLE),
  /** A Gaussian process on what the source model leaves, with the source's scale, a shift and a slope in its kernel. */
  COKRIGING(Need.NUMBERS, Need.TABLE),
  /** The same averaged over kernels, each as likely as it makes the target's rows: for some tens of rows. */
  COKRIGING_BMA(Need.NUMBERS, Need.TABLE),
  /** Logistic regression on what the source model says of its classes, pulled to that. */
  LOGISTIC(Need.CLASSES, Need.TABLE, Need.SHARED_OUTPUTS),
  /** A Gaussian process on what the source model leaves. */
  GP_RESIDUAL(Need.NUMBERS, Need.TABLE),
  /** A Gaussian process on the target alone. */
  GP(Need.NUMBERS, Need.TABLE),
  /** Boosted trees on the source's and the target's rows together. */
  TREES(Need.SHARED_OUTPUTS, Need.TABLE, Need.SOURCE_ROWS),
  /** Ridge regression, or logistic regression of classes, on the source's and the target's rows together. */
  POOLED_LINEAR(Need.SHARED_OUTPUTS, Need.TABLE, Need.SOURCE_ROWS),
  /** Co-kriging mixed with ridge regression and boosted trees of the source's and the target's rows together. */
  STACK(Need.NUMBERS, Need.TABLE);

  /** Where training begins. */
  public enum Start {
    /** Random weights. */
    RANDOM,
    /** After Train. */
    SOURCE,
    /** After Prune. */
    PRUNED,
    /** After Allocate. */
    BASE
  }

  /** What a method can't do without. */
  public enum Need {
    /** A regression. */
    NUMBERS,
    /** A table, not images. */
    TABLE,
    /** The source's classes, or a regression. */
    SHARED_OUTPUTS,
    /** A classification. */
    CLASSES,
    /** A target with classes that the source does not have. */
    OWN_CLASSES,
    /** A network whose layers say something of a row, rather than of a point on the way to its solution. */
    FEATURES,
    /** A network with BatchNorm. */
    BATCH_NORM,
    /** The source's rows. */
    SOURCE_ROWS,
    /** Other targets of the base. */
    RELATIVES,
    /** A base that was pruned at random. */
    RANDOM_MASK,
    /** A base that was pruned layer by layer. */
    LAYERWISE_MASK
  }

  private final Start start;
  private final boolean trainsNetwork;
  private final double strength;
  private final Set<Need> needs;

  Method(Start start) {
    this(start, 0);
  }

  Method(Start start, double strength, Need... needs) {
    this.start = start;
    this.strength = strength;
    this.needs = Set.of(needs);
    trainsNetwork = true;
  }

  Method(Need... needs) {
    start = Start.BASE;
    strength = 0;
    this.needs = Set.of(needs);
    trainsNetwork = false;
  }

  /** Whether a network is trained; otherwise something stands behind the source model, or in its place. */
  public boolean trainsNetwork() {
    return trainsNetwork;
  }

  /** Whether what Allocate kept stays as it is: then a target is stored as what differs from the base. */
  public boolean keepsBase() {
    return start == Start.BASE && this != PAC_ALL;
  }

  /** The λ that it takes where none is given; 0 where it has no use for one. */
  public double strength() {
    return strength;
  }

  /** Whether it can't do without that. */
  public boolean needs(Need need) {
    return needs.contains(need);
  }

  /** Whether a target is several networks. */
  public boolean severalNetworks() {
    return isEnsemble() || this == HUB;
  }

  /** Whether several networks are trained, each on a part of the rows. */
  public boolean isEnsemble() {
    return this == PAC_ENSEMBLE || this == PAC_STACK;
  }

  /** Whether it learns from columns too that the target has and the source does not. */
  public boolean takesOwnInputs() {
    return switch (this) {
      case STACK, COKRIGING, COKRIGING_BMA, GP_RESIDUAL, GP, RIDGE_RESIDUAL, LOGISTIC -> true;
      default -> false;
    };
  }

  /** Whether the fitted network keeps the source's outputs beside the target's own. */
  public boolean keepsSourceOutputs() {
    return this == COTUNING || this == LWF;
  }

  /** The weights that training begins with. */
  public Start start() {
    return start;
  }

  /** As on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The method of that name on the command line. */
  public static Method of(String name) {
    for (Method method : values()) {
      if (method.toString().equals(name)) {
        return method;
      }
    }
    throw new DataException(
        "there is no method '"
            + name
            + "'; choose from "
            + Arrays.stream(values()).map(Method::toString).collect(Collectors.joining(", ")),
        "methods");
  }
}
