package org.pacnet.internal.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/** The rows of a table by what they have in one column: a table for each value, out of one reading. */
public final class Groups {

  private Groups() {}

  /**
   * Reads the inputs and labels of a schema, and sorts their rows by a column. What is wrong with a value is for who then
   * reads the group that it is in.
   *
   * @param own columns besides that each group keeps, since they are inputs of it
   * @param side columns likewise, since they say more of the rows
   * @param ignored columns that may be there and are not used
   * @return by the column's values, in their order
   * @throws DataException also if the table has a column that neither the schema nor {@code ignored} knows, or a row no value
   *     to go by
   */
  public static Map<String, Data> of(
      Data table,
      String column,
      Schema schema,
      OwnInputs own,
      SideColumns side,
      Set<String> ignored,
      ReadMonitor monitor) {
    List<String> names = new ArrayList<>(RowEncoder.columns(schema, true));
    SideColumns more =
        new SideColumns(
            side.fold() != null && names.contains(side.fold().name()) ? null : side.fold(),
            side.weight() != null && names.contains(side.weight()) ? null : side.weight());
    own.check(schema);
    names.addAll(own.names());
    names.addAll(more.names());
    try (Source source = Source.open(table, schema.missingWords(), monitor)) {
      source.inPieces();
      Map<String, Gathered> gathered = new TreeMap<>();
      List<Boolean> texts = new ArrayList<>();
      for (Part part : source.parts()) {
        Source.checkHas(part, List.of(column), "is to group by");
        List<String> known = new ArrayList<>(names);
        known.addAll(ignored);
        known.add(column);
        Source.checkHasOnly(part, known, "the source data did not have");
        List<Part.Request> requests = new ArrayList<>(RowEncoder.requests(part, schema, true));
        requests.addAll(own.requests(part));
        requests.addAll(more.requests(part));
        texts = requests.stream().map(Part.Request::text).toList();
        requests.add(Source.request(part, column, true));
        source.checkRows();
        try (Cursor cursor = source.open(part, requests)) {
          while (cursor.nextBlock()) {
            sort(part, column, cursor, gathered);
          }
        }
      }
      Map<String, Data> groups = new LinkedHashMap<>();
      for (Map.Entry<String, Gathered> group : gathered.entrySet()) {
        groups.put(
            group.getKey(),
            new GroupRows(
                String.format(Locale.ROOT, "%s, %s %s", table.name(), column, group.getKey()),
                names,
                texts,
                List.copyOf(group.getValue().blocks())));
      }
      return groups;
    }
  }

  /** The values of a column, one a row; null where it is missing. */
  public static @Nullable String[] values(Data table, String column, List<String> missingWords) {
    try (Source source = Source.open(table, missingWords, ReadMonitor.NONE)) {
      source.checkRows();
      @Nullable String[] values = new @Nullable String[(int) source.rows()];
      int row = 0;
      for (Part part : source.parts()) {
        Source.checkHas(part, List.of(column), "is to group by");
        try (Cursor cursor = source.open(part, List.of(Source.request(part, column, true)))) {
          while (cursor.nextBlock()) {
            while (cursor.next()) {
              values[row++] = cursor.text(0);
            }
          }
        }
      }
      return values;
    }
  }

  // Puts each row of a block behind those of its group. The last cell is what they are sorted by.
  private static void sort(
      Part part, String column, Cursor cursor, Map<String, Gathered> groups) {
    Block all = cursor.block();
    int cells = all.numbers.length - 1;
    while (cursor.next()) {
      String value = cursor.text(cells);
      if (value == null) {
        throw Problems.nothingToGoBy(part, cursor.row(), column, "is to group by", "groupBy");
      }
      groups.computeIfAbsent(value, v -> new Gathered(cells)).add(all, cursor.at(), cursor.row());
    }
  }

  /** The rows of a group, which lie scattered over the table, in blocks of their own. */
  private static final class Gathered {
    private static final int FIRST = 4;

    private final int cells;
    private final List<Block> full = new ArrayList<>();
    private Block last;
    private int used;

    Gathered(int cells) {
      this.cells = cells;
      last = block(FIRST);
    }

    private Block block(int size) {
      Block block = new Block(cells, size);
      block.tableRows = new long[size];
      return block;
    }

    void add(Block from, int row, long tableRow) {
      if (used == Block.ROWS) {
        full.add(last);
        last = block(FIRST);
        used = 0;
      } else if (used == last.size) {
        last = sized(Math.min(Block.ROWS, 2 * used));
      }
      copy(from, row, last, used);
      Objects.requireNonNull(last.tableRows)[used++] = tableRow;
    }

    // What is used of the last one in one of another size.
    private Block sized(int size) {
      Block sized = block(size);
      for (int r = 0; r < used; r++) {
        copy(last, r, sized, r);
        Objects.requireNonNull(sized.tableRows)[r] = Objects.requireNonNull(last.tableRows)[r];
      }
      return sized;
    }

    private void copy(Block from, int row, Block to, int at) {
      for (int c = 0; c < cells; c++) {
        @Nullable String[] texts = from.texts[c];
        boolean[] missing = from.missing[c];
        to.numbers[c][at] = from.numbers[c][row];
        if (texts != null && texts[row] != null) {
          to.setText(c, at, texts[row]);
        }
        if (missing != null && missing[row]) {
          to.setMissing(c, at);
        }
      }
    }

    List<Block> blocks() {
      List<Block> blocks = new ArrayList<>(full);
      blocks.add(sized(used));
      return blocks;
    }
  }

  /** A group as a table. */
  static final class GroupPart implements Part {
    private final GroupRows group;

    GroupPart(GroupRows group) {
      this.group = group;
    }

    @Override
    public String name() {
      return group.name();
    }

    @Override
    public List<String> columns() {
      return group.columns;
    }

    @Override
    public @Nullable String unusableType(int column, boolean text) {
      return null;
    }

    @Override
    public long rows() {
      return group.blocks.stream().mapToLong(block -> block.size).sum();
    }

    @Override
    public List<Block> load(List<Request> requests) {
      List<Block> blocks = new ArrayList<>();
      for (Block from : group.blocks) {
        Block block = new Block(requests.size(), from.size);
        block.tableRows = from.tableRows;
        for (int i = 0; i < requests.size(); i++) {
          int c = requests.get(i).column();
          block.numbers[i] = from.numbers[c];
          // An input of numbers that rows are held out by is wanted as text too.
          boolean spelled = requests.get(i).text() && !group.texts.get(c);
          block.texts[i] = spelled ? spelled(from, c) : from.texts[c];
          block.missing[i] = from.missing[c];
        }
        blocks.add(block);
      }
      return blocks;
    }

    private static @Nullable String[] spelled(Block from, int cell) {
      @Nullable String[] texts = from.texts[cell];
      boolean[] missing = from.missing[cell];
      @Nullable String[] all = new @Nullable String[from.size];
      for (int r = 0; r < all.length; r++) {
        boolean there = missing == null || !missing[r];
        all[r] = texts != null && texts[r] != null ? texts[r] : there ? Double.toString(from.numbers[cell][r]) : null;
      }
      return all;
    }

    @Override
    public String select(boolean typed) {
      throw new IllegalStateException("a group is in no database");
    }
  }
}
