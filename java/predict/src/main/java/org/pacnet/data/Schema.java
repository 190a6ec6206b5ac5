package org.pacnet.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Missing;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.Messages;

/**
 * How rows of a table become numbers: learned from the source table, kept with the model, and used
 * unchanged for every table after it. Immutable; Jackson writes it and reads it back.
 *
 * @param inputs the input columns in the order of the source table
 * @param labels the label columns; exactly one for a classification
 * @param classes the classes in the order of their indices; empty for a regression
 * @param missing what to do with missing values
 * @param missingWords the texts that stand for one, besides the empty one
 * @param image what images are made to be; null for a table
 * @param trajectories how trajectories are read, whose states are then the labels; null for others
 */
public record Schema(
    @JsonProperty(required = true) List<Input> inputs,
    @JsonProperty(required = true) List<Label> labels,
    @JsonProperty(required = true) List<String> classes,
    @JsonProperty(required = true) Missing missing,
    @JsonProperty(required = true) List<String> missingWords,
    @JsonProperty(required = true) @Nullable Image image,
    @JsonProperty(required = true) @Nullable Trajectories trajectories) {

  // Year, sine and cosine of the day of the year; of a moment those of the time of day too.
  private static final int DATE_FEATURES = 3;
  private static final int MOMENT_FEATURES = 5;

  /** The schema of a table. */
  public Schema(
      List<Input> inputs,
      List<Label> labels,
      List<String> classes,
      Missing missing,
      List<String> missingWords) {
    this(inputs, labels, classes, missing, missingWords, null, null);
  }

  /**
   * From where to where a column goes, in its unit.
   *
   * @param least its smallest value
   * @param most its largest
   */
  public record Range(
      @JsonProperty(required = true) double least, @JsonProperty(required = true) double most) {

    /**
     * Checks that it is one.
     *
     * @throws ModelFormatException if it is not
     */
    public Range {
      require(
          Double.isFinite(least) && Double.isFinite(most) && least <= most,
          "a column's range is not one");
    }
  }

  /**
   * States along a time. A training row is a piece of one trajectory: its first state, the time of that, the distances of the times that follow, and
   * for each of these the actions until then, [states + 1 + steps + steps · actions]; its labels are those of the times that follow, [steps, labels].
   *
   * @param id the column that tells trajectories apart
   * @param time the column of times
   * @param timeScale what times are divided by, in their unit: then states change by about one deviation
   *     in a time of 1
   * @param interval the longest between neighbouring times of the source, in the time's unit: predictions
   *     over a longer one go through times between
   * @param shortest the shortest of them
   * @param steps times that a piece goes on for
   * @param states how many of the labels make the state; those behind them are predicted and not looked at
   * @param actions what is done from one time to the next
   */
  public record Trajectories(
      @JsonProperty(required = true) String id,
      @JsonProperty(required = true) String time,
      @JsonProperty(required = true) double timeScale,
      @JsonProperty(required = true) double interval,
      @JsonProperty(required = true) double shortest,
      @JsonProperty(required = true) int steps,
      @JsonProperty(required = true) int states,
      @JsonProperty(required = true) List<Label> actions) {

    private static final double SLACK = 0.1;

    /**
     * Checks that the parts fit each other.
     *
     * @throws ModelFormatException if they do not
     */
    public Trajectories {
      require(id != null && time != null && !id.equals(time), "trajectories are incomplete");
      checkScale(time, 0, timeScale);
      checkScale(time, 0, interval);
      checkScale(time, 0, shortest);
      require(shortest <= interval, "the shortest interval is longer than the longest");
      require(steps > 0, "a piece of a trajectory has no steps");
      require(states > 0 && actions != null, "trajectories have no states, or no list of actions");
      actions = copy(actions);
    }

    /** Into how many steps, each as long as the source's are (a tenth longer or shorter at most), a time goes; 0: into none. */
    public int stepsOf(double time) {
      double steps = Math.ceil(time / (interval * (1 + SLACK)));
      boolean longEnough = steps >= 1 && time / steps >= shortest * (1 - SLACK);
      return longEnough && steps <= Integer.MAX_VALUE ? (int) steps : 0;
    }

    Trajectories withSteps(int other) {
      return new Trajectories(id, time, timeScale, interval, shortest, other, states, actions);
    }
  }

  /**
   * Images as rows: channel by channel and line by line, each value v in [0, 255] as (v / 255 − mean)
   * / std of its channel.
   *
   * @param channels 1 or 3
   * @param height in pixels
   * @param width in pixels
   * @param scaled whether other images are brought to this size; otherwise they are refused
   * @param mean of each channel over the source's pixels, or what the settings said, in [0, 1]
   * @param std likewise, positive
   */
  public record Image(
      @JsonProperty(required = true) int channels,
      @JsonProperty(required = true) int height,
      @JsonProperty(required = true) int width,
      @JsonProperty(required = true) boolean scaled,
      @JsonProperty(required = true) List<Double> mean,
      @JsonProperty(required = true) List<Double> std) {

    private static final int LARGEST = 1 << 12;

    /**
     * Checks that the parts fit each other.
     *
     * @throws ModelFormatException if they do not
     */
    public Image {
      mean = copy(mean);
      std = copy(std);
      require(channels == 1 || channels == 3, "images have neither 1 nor 3 channels");
      require(
          height > 0 && height <= LARGEST && width > 0 && width <= LARGEST,
          String.format(Locale.ROOT, "images have %d x %d pixels", width, height));
      require(mean.size() == channels && std.size() == channels, "a channel has no statistics");
      mean.forEach(value -> require(Double.isFinite(value), "a channel has no finite mean"));
      std.forEach(
          value -> require(Double.isFinite(value) && value > 0, "a channel has no deviation"));
    }
  }

  /**
   * An input column. A number x becomes {@code (x - mean) / std}, a category a 1 in its place, a date what
   * {@link ColumnKind} says.
   *
   * @param name its name
   * @param kind what it holds
   * @param categories the categories, sorted; empty for other columns
   * @param mean what is subtracted, in the unit of the column, which is the year of a date; 0 if it is not
   *     standardised
   * @param std what it is divided by, the population standard deviation in the unit of the column;
   *     1 if it is not standardised or was constant
   * @param fill what stands in for a missing number with {@link Missing#MEAN}: the mean of the
   *     source column, in its unit, standardised or not; 0 for others than numeric columns
   * @param range from where to where the source column goes, or its years; null for a categorical column, and where
   *     an older version learned it
   */
  public record Input(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) ColumnKind kind,
      @JsonProperty(required = true) List<String> categories,
      @JsonProperty(required = true) double mean,
      @JsonProperty(required = true) double std,
      @JsonProperty(required = true) double fill,
      @JsonProperty(required = true) @Nullable Range range) {

    /**
     * Checks that the parts fit each other.
     *
     * @throws ModelFormatException if they do not
     */
    public Input {
      require(name != null && kind != null && categories != null, "an input column is incomplete");
      categories = copy(categories);
      checkScale(name, mean, std);
      require(Double.isFinite(fill), "input column " + name + " has no finite fill value");
      if (kind != ColumnKind.CATEGORICAL) {
        require(categories.isEmpty(), "column " + name + " has categories and is not categorical");
      } else {
        require(!categories.isEmpty(), "categorical column " + name + " has no categories");
        require(
            categories.equals(categories.stream().sorted().distinct().toList()),
            "the categories of column " + name + " are not sorted");
        require(mean == 0 && std == 1, "categorical column " + name + " is standardised");
        require(range == null, "categorical column " + name + " has a range");
      }
    }

    /** Number of features the column becomes. */
    public int width() {
      return switch (kind) {
        case NUMERIC -> 1;
        case CATEGORICAL -> categories.size();
        case DATE -> DATE_FEATURES;
        case MOMENT -> MOMENT_FEATURES;
      };
    }
  }

  /**
   * A label column. A number y becomes {@code (y - mean) / std}.
   *
   * @param name its name
   * @param mean what is subtracted, in the unit of the label; 0 if it is not standardised or a
   *     class
   * @param std what it is divided by, in the unit of the label; 1 if it is not standardised, was
   *     constant, or is a class
   * @param range from where to where the source column goes; null for a class, and where an older version
   *     learned it
   */
  public record Label(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) double mean,
      @JsonProperty(required = true) double std,
      @JsonProperty(required = true) @Nullable Range range) {

    /**
     * Checks that the parts fit each other.
     *
     * @throws ModelFormatException if they do not
     */
    public Label {
      require(name != null, "a label column has no name");
      checkScale(name, mean, std);
    }
  }

  /**
   * Checks that the parts fit each other, as a schema read from a file may be damaged.
   *
   * @throws ModelFormatException if they do not
   */
  public Schema {
    require(
        inputs != null
            && labels != null
            && classes != null
            && missing != null
            && missingWords != null,
        "inputs, labels, classes, missing or missingWords is not there");
    inputs = copy(inputs);
    labels = copy(labels);
    classes = copy(classes);
    missingWords = copy(missingWords);
    require(
        (inputs.isEmpty() ? 0 : 1) + (image != null ? 1 : 0) + (trajectories != null ? 1 : 0) == 1,
        "there are not either input columns, or images, or trajectories");
    require(
        trajectories == null || (classes.isEmpty() && trajectories.states() <= labels.size()),
        "trajectories have classes, or more states than labels");
    require(image == null || !classes.isEmpty(), "images have no classes");
    require(!labels.isEmpty(), "there is no label column");
    Set<String> names = new HashSet<>();
    Stream.of(
            inputs.stream().map(Input::name),
            labels.stream().map(Label::name),
            trajectories == null ? Stream.<String>empty() : trajectories.actions().stream().map(Label::name))
        .flatMap(all -> all)
        .forEach(name -> require(names.add(name), "column " + name + " is there twice"));
    if (!classes.isEmpty()) {
      require(labels.size() == 1, "a classification has several labels");
      require(classes.size() > 1, "there is one class only");
      require(new HashSet<>(classes).size() == classes.size(), "a class is there twice");
      require(
          labels.get(0).mean() == 0 && labels.get(0).std() == 1, "a class label is standardised");
    }
  }

  /** Whether the label is a class rather than numbers. */
  public boolean classification() {
    return !classes.isEmpty();
  }

  /** Number of features of an encoded row. */
  public int inputWidth() {
    if (trajectories != null) {
      return trajectories.states() + 1 + trajectories.steps() * (1 + trajectories.actions().size());
    }
    return image != null
        ? image.channels() * image.height() * image.width()
        : inputs.stream().mapToInt(Input::width).sum();
  }

  /** Number of values the model gives for a row: one for each label, at each time, or for each class. */
  public int outputWidth() {
    int times = trajectories == null ? 1 : trajectories.steps();
    return classification() ? classes.size() : times * labels.size();
  }

  /** The same for pieces of trajectories that go on for so many times. */
  public Schema withSteps(int steps) {
    Trajectories is = Objects.requireNonNull(trajectories, "there are no trajectories");
    return new Schema(inputs, labels, classes, missing, missingWords, image, is.withSteps(steps));
  }

  /**
   * The same schema for a target with classes of its own. They are sorted as those of a source are.
   *
   * @throws DataException if there are fewer than two
   * @throws IllegalStateException if this is the schema of a regression
   */
  public Schema withClasses(List<String> classes) {
    if (!classification()) {
      throw new IllegalStateException("a regression has no classes");
    }
    List<String> sorted = sortClasses(new HashSet<>(classes));
    checkClasses(labels.get(0).name(), sorted);
    return new Schema(inputs, labels, sorted, missing, missingWords, image, trajectories);
  }

  /** The same schema for a target that has these input columns besides. */
  public Schema withInputs(List<Input> more) {
    List<Input> all = Stream.concat(inputs.stream(), more.stream()).toList();
    return new Schema(all, labels, classes, missing, missingWords, image, trajectories);
  }

  /** The same schema with the first inputs alone. */
  public Schema withFirstInputs(int count) {
    return new Schema(inputs.subList(0, count), labels, classes, missing, missingWords, image, trajectories);
  }

  /** The most classes that a label may have: beyond, it is hardly one, and what is said of a class grows with their square. */
  public static final int MOST_CLASSES = 1000;

  /** Refuses one class, and more than can be told apart. */
  public static void checkClasses(String label, List<String> classes) {
    if (classes.size() > MOST_CLASSES) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "label column %s has %d different values, such as %s: more than the %d classes that there may be; where"
                  + " they are quantities, learn them as numbers (a regression)",
              Messages.name(label),
              classes.size(),
              Messages.list(classes.subList(0, 3)),
              MOST_CLASSES),
          "task");
    }
    if (classes.size() < 2) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "label column %s has only the class %s; at least two classes are needed to tell"
                  + " apart",
              Messages.name(label),
              Messages.list(classes)));
    }
  }

  /** By their value if all are numbers, so that 10 comes after 9, and else as text. */
  public static List<String> sortClasses(Collection<String> classes) {
    Comparator<String> order = Comparator.naturalOrder();
    if (classes.stream().allMatch(Schema::isNumber)) {
      order = Comparator.comparingDouble(Double::parseDouble).thenComparing(order);
    }
    return classes.stream().sorted(order).toList();
  }

  private static boolean isNumber(String text) {
    try {
      return !Double.isNaN(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static void checkScale(String name, double mean, double std) {
    require(Double.isFinite(mean), "column " + name + " has no finite mean");
    require(
        Double.isFinite(std) && std > 0, "column " + name + " has no positive standard deviation");
  }

  private static <T> List<T> copy(List<T> list) {
    require(list.stream().allMatch(Objects::nonNull), "a list has an empty element");
    return List.copyOf(list);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ModelFormatException("the schema is damaged: " + otherwise);
    }
  }
}
