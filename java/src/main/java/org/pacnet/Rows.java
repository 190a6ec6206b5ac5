package org.pacnet;

import java.util.List;
import java.util.Set;
import org.pacnet.data.Data;
import org.pacnet.data.DataOptions;
import org.pacnet.data.EncodedData;
import org.pacnet.data.Encoder;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.image.ImageEncoder;

/** Reads data of either kind, a table or images, as a model's phases and questions want it. */
final class Rows {

  private Rows() {}

  /** A schema and the rows that it was learned from. */
  record Learned(Schema schema, EncodedData rows) {}

  static Learned learn(Data data, TransferConfig config, ReadMonitor monitor) {
    if (data instanceof Data.Images images) {
      if (config.task() != Task.CLASSIFICATION) {
        throw new DataException("images are classified; take the task classification", "task");
      }
      ImageEncoder.Learned learned =
          ImageEncoder.learn(
              images, config.labels().get(0), config.imageSize(), config.augment(), monitor);
      return new Learned(learned.schema(), learned.rows());
    }
    DataOptions options =
        new DataOptions(
            config.labels(),
            config.task() == Task.CLASSIFICATION,
            Set.copyOf(config.categorical()),
            Set.copyOf(config.ignored()),
            config.missing(),
            config.missingWords(),
            config.standardizeInputs(),
            config.standardizeLabels());
    Encoder.Learned learned = Encoder.learn(data, options, monitor);
    return new Learned(learned.schema(), learned.rows());
  }

  static EncodedData training(
      Data data, Schema schema, TransferConfig settings, ReadMonitor monitor) {
    return data instanceof Data.Images images
        ? ImageEncoder.training(images, schema, settings.augment(), monitor)
        : Encoder.training(
            table(data, schema), schema, Set.copyOf(settings.ignored()), monitor);
  }

  static EncodedData evaluation(Data data, Schema schema, ReadMonitor monitor) {
    return data instanceof Data.Images images
        ? ImageEncoder.evaluation(images, schema, monitor)
        : Encoder.evaluation(table(data, schema), schema, monitor);
  }

  static EncodedData prediction(Data data, Schema schema) {
    return data instanceof Data.Images images
        ? ImageEncoder.prediction(images, schema, ReadMonitor.NONE)
        : Encoder.prediction(table(data, schema), schema);
  }

  /** The classes that occur, which may be other ones than the schema has. */
  static List<String> classes(Data data, Schema schema) {
    return data instanceof Data.Images images
        ? ImageEncoder.classes(images, schema)
        : Encoder.distinctLabels(table(data, schema), schema);
  }

  private static Data table(Data data, Schema schema) {
    if (schema.image() != null) {
      throw new DataException(
          "%s is a table, but the model was trained on images; give a folder".formatted(data.name()));
    }
    return data;
  }
}
