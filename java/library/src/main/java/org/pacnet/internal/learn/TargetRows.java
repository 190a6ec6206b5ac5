package org.pacnet.internal.learn;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Encoder;
import org.pacnet.result.Monitor;

/**
 * The rows of a target.
 *
 * @param schema that they were read by
 * @param ownHead whether it has classes that the source does not have, and so an output layer of its own
 * @param rows encoded
 * @param unlabelled others without labels, for the method teachers; null for none
 */
public record TargetRows(Schema schema, boolean ownHead, EncodedData rows, @Nullable EncodedData unlabelled) {

  /** Reads what is to be learnt from, by the schema of the source. */
  public static TargetRows read(
      Data target, Schema schema, TransferConfig settings, Monitor monitor) {
    Encoder.Learned read =
        Rows.target(
            target, schema, found -> own(target, schema, found, settings), settings, monitor.reading());
    boolean ownHead = !read.schema().classes().equals(schema.classes());
    return new TargetRows(read.schema(), ownHead, read.rows(), null);
  }

  /** The same, and others of the source's columns without labels. */
  public TargetRows with(EncodedData others) {
    if (others.features() == null || schema.trajectories() != null) {
      throw new DataException("rows without labels are learnt from in tables of inputs and labels only", "unlabelled");
    }
    return new TargetRows(schema, ownHead, rows, others);
  }

  /** Some of them. */
  public TargetRows part(int[] some) {
    return new TargetRows(schema, ownHead, new Subset(rows, some), unlabelled);
  }

  /** Its inputs that the source does not have. */
  List<Schema.Input> ownInputs(Schema source) {
    return schema.inputs().subList(source.inputs().size(), schema.inputs().size());
  }

  private static Schema own(Data target, Schema schema, List<String> found, TransferConfig settings) {
    if (schema.classes().containsAll(found)) {
      return schema;
    }
    if (!settings.calibrate().newClasses()) {
      checkSpelling(target, schema.classes(), found);
    }
    return schema.withClasses(found);
  }

  // An output layer of the target's own, made because somebody wrote 0.0 for 0, would forget silently
  // what the source knows of the classes.
  private static void checkSpelling(Data target, List<String> known, List<String> found) {
    Map<String, String> bySense = new HashMap<>();
    known.forEach(name -> bySense.put(sense(name), name));
    for (String name : found) {
      String same = bySense.get(sense(name));
      if (same != null && !known.contains(name)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: class '%s' differs from the source's class '%s' in spelling only; write it"
                    + " alike, or say that it is a new class",
                target.name(),
                name,
                same),
            "newClasses");
      }
    }
  }

  private static String sense(String name) {
    String plain = name.strip().toLowerCase(Locale.ROOT);
    try {
      // Not in plain digits: a class called 5e2000000000 would have two billion of them.
      return new BigDecimal(plain).stripTrailingZeros().toString();
    } catch (NumberFormatException e) {
      return plain;
    }
  }
}
