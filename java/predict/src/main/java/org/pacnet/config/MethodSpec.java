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
  @JsonSubTypes.Type(value = MethodSpec.Merge.class, name = "merge"),
  @JsonSubTypes.Type(value = MethodSpec.MetaVote.class, name = "metavote"),
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
      case MERGE -> new Merge(List.of(), null);
      case METAVOTE -> new MetaVote(5, null);
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
      if (Set.of(Method.FINETUNE_LAST, Method.LORA, Method.MERGE, Method.METAVOTE).contains(kind) || kind.severalNetworks()) {
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
   * {@link Method#MERGE}.
   *
   * @param relatives names of the targets that are merged
   * @param lambda strength of the pull to what they say; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record Merge(List<String> relatives, @Nullable Double lambda) implements MethodSpec {

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
  }

  /**
   * {@link Method#METAVOTE}.
   *
   * @param neighbours how many of the nearest targets vote, at most
   * @param lambda strength of the pull to what they say; null: what suits it
   */
  @JsonIgnoreProperties(value = "kind", allowGetters = true)
  record MetaVote(int neighbours, @Nullable Double lambda) implements MethodSpec {

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public MetaVote {
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
      return new MetaVote(neighbours, value);
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
      if (!kind.severalNetworks()) {
        throw new IllegalArgumentException(kind + " calibrates one network");
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
