package org.pacnet.config;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/** A method with what is its own to be set; immutable. */
@JsonTypeInfo(
    use = JsonTypeInfo.Id.NAME,
    include = JsonTypeInfo.As.EXISTING_PROPERTY,
    property = "kind",
    visible = true,
    defaultImpl = MethodSpec.Plain.class)
@JsonSubTypes({
  @JsonSubTypes.Type(value = MethodSpec.LastLayers.class, name = "finetune_last"),
  @JsonSubTypes.Type(value = MethodSpec.LowRank.class, name = "lora"),
  @JsonSubTypes.Type(value = MethodSpec.Gated.class, name = "taps"),
  @JsonSubTypes.Type(value = MethodSpec.Budgeted.class, name = "swr"),
  @JsonSubTypes.Type(value = MethodSpec.Merge.class, name = "merge"),
  @JsonSubTypes.Type(value = MethodSpec.MetaVote.class, name = "metavote"),
  @JsonSubTypes.Type(value = MethodSpec.Hub.class, name = "hub"),
  @JsonSubTypes.Type(value = MethodSpec.Teachers.class, name = "teachers"),
  @JsonSubTypes.Type(
      value = MethodSpec.Ensemble.class,
      names = {"pac_ensemble", "pac_stack"})
})
public sealed interface MethodSpec {

  /** Which method. */
  Method kind();

  /**
   * Strength of the method's own penalty: of PAC the pull of the pruned weights toward zero, which adds
   * λ·Σw² to the loss. Null: what suits the method.
   */
  @Nullable Double lambda();

  /** The same method with that strength; null: what suits it. */
  MethodSpec withLambda(@Nullable Double lambda);

  /** This, where it is that method; otherwise that method with its defaults. */
  default MethodSpec as(Method method) {
    return kind() == method ? this : of(method);
  }

  /** A method with its defaults. */
  static MethodSpec of(Method kind) {
    return switch (kind) {
      case FINETUNE_LAST -> new LastLayers(2);
      case LORA -> new LowRank(8);
      case TAPS -> new Gated(false, null);
      case SWR -> new Budgeted(0.1, 0, null);
      case MERGE -> new Merge(List.of(), null);
      case METAVOTE -> new MetaVote(List.of(), 5, null);
      case HUB -> new Hub(List.of(), 0, null);
      case TEACHERS -> new Teachers(List.of(), null);
      case PAC_ENSEMBLE, PAC_STACK -> new Ensemble(kind, null, 5);
      default -> new Plain(kind, null);
    };
  }

  /**
   * A method with nothing but its strength to be set.
   *
   * @param kind which
   * @param lambda its strength; null: what suits it
   */
  record Plain(Method kind, @Nullable Double lambda) implements MethodSpec {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public Plain {
      if (Set.of(Method.FINETUNE_LAST, Method.LORA, Method.SWR, Method.MERGE, Method.METAVOTE, Method.HUB, Method.TEACHERS).contains(kind) || kind.isEnsemble()) {
        throw new IllegalArgumentException(kind + " has settings of its own");
      }
      checkLambda(lambda);
    }

    @Override
    public Plain withLambda(@Nullable Double value) {
      return new Plain(kind, value);
    }
  }

  /** A method that has no penalty, and so no strength of one. */
  sealed interface WithoutPenalty extends MethodSpec {

    @Override
    default @Nullable Double lambda() {
      return null;
    }

    @Override
    default MethodSpec withLambda(@Nullable Double value) {
      checkLambda(value);
      return this;
    }
  }

  /**
   * {@link Method#FINETUNE_LAST}.
   *
   * @param layers how many layers it trains, counted from the output
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record LastLayers(int layers) implements WithoutPenalty {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public LastLayers {
      Check.that(layers > 0, "lastLayers", "the number of last layers", "must be at least 1", layers);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.FINETUNE_LAST;
    }
  }

  /**
   * {@link Method#LORA}.
   *
   * @param rank of what a matrix learns, at most; no higher than the matrix's own
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record LowRank(int rank) implements WithoutPenalty {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public LowRank {
      Check.that(rank > 0, "rank", "the rank", "must be at least 1", rank);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.LORA;
    }
  }

  /**
   * {@link Method#TAPS}.
   *
   * @param authors whether by the values of the authors' own code: gates start at 0.15, are free for two epochs and then pulled by a mean over the
   *     layers; else they start at 0.2 and are pulled by a sum from the first step on
   * @param lambda strength of the pull; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record Gated(boolean authors, @Nullable Double lambda) implements MethodSpec {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public Gated {
      checkLambda(lambda);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.TAPS;
    }

    @Override
    public Gated withLambda(@Nullable Double value) {
      return new Gated(authors, value);
    }
  }

  /**
   * {@link Method#SWR}.
   *
   * @param budget what of all parameters may change, at most, (0, 1]
   * @param rank of what a chosen layer's matrix learns, at most, where that is fewer numbers than its pruned weights; 0: these are learnt
   * @param lambda how much being off the budget costs while layers are chosen; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record Budgeted(double budget, int rank, @Nullable Double lambda) implements MethodSpec {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public Budgeted {
      Check.that(budget > 0 && budget <= 1, "budget", "the budget", "must be above 0 and at most 1", budget);
      Check.that(rank >= 0, "rank", "the rank", "must be at least 1, or 0 for none", rank);
      checkLambda(lambda);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.SWR;
    }

    @Override
    public Budgeted withLambda(@Nullable Double value) {
      return new Budgeted(budget, rank, value);
    }
  }

  /** A method that learns from other targets of the base. */
  sealed interface OfRelatives extends MethodSpec {

    /** Their names; empty: all that can be learnt from. */
    List<String> relatives();

    /** The same method with those. */
    OfRelatives of(List<String> names);
  }

  /**
   * {@link Method#MERGE}.
   *
   * @param relatives names of the targets that are merged; empty: all that can be
   * @param lambda strength of the pull to what they say; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record Merge(List<String> relatives, @Nullable Double lambda) implements OfRelatives {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public Merge {
      relatives = List.copyOf(relatives);
      checkLambda(lambda);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.MERGE;
    }

    @Override
    public Merge withLambda(@Nullable Double value) {
      return new Merge(relatives, value);
    }

    @Override
    public Merge of(List<String> names) {
      return new Merge(names, lambda);
    }
  }

  /**
   * {@link Method#HUB}.
   *
   * @param relatives names of the targets that rows are given to; empty: all that can be
   * @param top how many of them a row is given to; 0: all
   * @param lambda strength of the pull of each to what it was, and of the router to giving all rows alike; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record Hub(List<String> relatives, int top, @Nullable Double lambda) implements OfRelatives {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public Hub {
      relatives = List.copyOf(relatives);
      Check.that(top >= 0, "top", "how many a row is given to", "must be 0, for all, or more", top);
      checkLambda(lambda);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.HUB;
    }

    @Override
    public Hub withLambda(@Nullable Double value) {
      return new Hub(relatives, top, value);
    }

    @Override
    public Hub of(List<String> names) {
      return new Hub(names, top, lambda);
    }
  }

  /**
   * {@link Method#TEACHERS}.
   *
   * @param relatives names of the targets that teach; empty: all that can
   * @param lambda how much being like them counts; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record Teachers(List<String> relatives, @Nullable Double lambda) implements OfRelatives {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public Teachers {
      relatives = List.copyOf(relatives);
      checkLambda(lambda);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.TEACHERS;
    }

    @Override
    public Teachers withLambda(@Nullable Double value) {
      return new Teachers(relatives, value);
    }

    @Override
    public Teachers of(List<String> names) {
      return new Teachers(names, lambda);
    }
  }

  /**
   * {@link Method#METAVOTE}.
   *
   * @param relatives names of the targets that may vote; empty: all that can
   * @param neighbours how many of the nearest targets vote, at most
   * @param lambda strength of the pull to what they say; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record MetaVote(List<String> relatives, int neighbours, @Nullable Double lambda) implements OfRelatives {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public MetaVote {
      relatives = List.copyOf(relatives);
      Check.that(neighbours > 0, "neighbours", "the number of neighbours", "must be at least 1", neighbours);
      checkLambda(lambda);
    }

    @Override
    @JsonProperty
    public Method kind() {
      return Method.METAVOTE;
    }

    @Override
    public MetaVote withLambda(@Nullable Double value) {
      return new MetaVote(relatives, neighbours, value);
    }

    @Override
    public MetaVote of(List<String> names) {
      return new MetaVote(names, neighbours, lambda);
    }
  }

  /**
   * {@link Method#PAC_ENSEMBLE} or {@link Method#PAC_STACK}.
   *
   * @param kind which
   * @param lambda strength of its networks' penalty; null: what suits it
   * @param members how many networks it calibrates
   */
  record Ensemble(Method kind, @Nullable Double lambda, int members) implements MethodSpec {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public Ensemble {
      if (!kind.isEnsemble()) {
        throw new IllegalArgumentException(kind + " is no ensemble");
      }
      checkLambda(lambda);
      Check.that(
          members > 1 && members <= 1000, "members", "the number of members", "must be between 2 and 1000", members);
    }

    @Override
    public Ensemble withLambda(@Nullable Double value) {
      return new Ensemble(kind, value, members);
    }
  }

  private static void checkLambda(@Nullable Double lambda) {
    Check.that(
        lambda == null || lambda == 0 || Check.positive(lambda), "lambda", "lambda", "must be 0 or more", lambda);
  }
}
