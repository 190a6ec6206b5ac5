package org.pacnet.internal.learn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pacnet.config.TrajectoryNetwork;
import org.pacnet.config.Pinn;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.format.TargetNames;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Groups;
import org.pacnet.internal.table.OwnInputs;
import org.pacnet.internal.table.SideColumns;

/** Several sources: all together as what a base learns from, and each by itself as a target of it. */
public final class Sources {

  private Sources() {}

  /** The settings with a column that tells sources apart among those that are no inputs. */
  public static TransferConfig ignoring(Data source, TransferConfig settings) {
    if (!(source instanceof Data.Several several)) {
      return settings;
    }
    if (settings.network() instanceof TrajectoryNetwork || settings.network() instanceof Pinn) {
      throw new DataException("several sources are tables of inputs and labels", "source", "sourceBy");
    }
    String column = several.column();
    if (column == null || settings.columns().ignored().contains(column)) {
      return settings;
    }
    Set<String> ignored = new TreeSet<>(settings.columns().ignored());
    ignored.add(column);
    return settings.toBuilder().columns(c -> c.ignored(ignored.toArray(String[]::new))).build();
  }

  /** All rows, each counting as much as its source does. */
  static EncodedData together(Data.Several several, Schema schema, EncodedData all, TransferConfig settings, ReadMonitor monitor) {
    if (!several.weighted()) {
      return all;
    }
    Map<String, EncodedData> each = each(several, schema, settings, monitor);
    return MadeRows.joined(all.provenance(), each, several.weights(each.keySet()));
  }

  /** The rows of each source, by its name. */
  public static Map<String, EncodedData> each(Data.Several several, Schema schema, TransferConfig settings, ReadMonitor monitor) {
    Map<String, Data> tables = new LinkedHashMap<>(several.sources());
    String column = several.column();
    if (column != null) {
      tables.putAll(
          Groups.of(several.all(), column, schema, OwnInputs.of(settings), SideColumns.of(settings), Set.copyOf(settings.columns().ignored()), monitor));
      if (tables.size() < 2) {
        throw new DataException(several.name() + ": column " + column + " has one value only: there is one source", "sourceBy");
      }
    }
    Map<String, EncodedData> rows = new LinkedHashMap<>();
    tables.forEach(
        (name, table) -> {
          TargetNames.check(name);
          rows.put(name, Rows.training(table, schema, settings, monitor));
        });
    return rows;
  }
}
