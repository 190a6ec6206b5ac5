// Points with intervals beside zero: {x: name, rows: [name], groups: [{name, items: [[row index, middle, low, high]]}]}.
charts.intervals = (data, { axis, option }, colour) => {
  const series = data.groups.map((group, g) => {
    const paint = colours[g % colours.length];
    return {
      type: "custom", name: group.name, data: group.items, itemStyle: { color: paint }, encode: { x: [1, 2, 3], y: 0 }, clip: true,
      renderItem: (params, api) => {
        const shift = ((g + 0.5) / data.groups.length - 0.5) * 0.7 * api.size([0, 1])[1];
        const [middle, y] = api.coord([api.value(1), api.value(0)]);
        const low = api.coord([api.value(2), api.value(0)])[0];
        const high = api.coord([api.value(3), api.value(0)])[0];
        const at = y + shift;
        return { type: "group", children: [
          { type: "line", shape: { x1: low, x2: high, y1: at, y2: at }, style: { stroke: paint, lineWidth: 2 } },
          { type: "circle", shape: { cx: middle, cy: at, r: 4 }, style: { fill: paint } } ] };
      },
    };
  });
  const zero = { type: "line", name: "", silent: true, data: [], markLine: { silent: true, symbol: "none", label: { show: false },
    lineStyle: { color: colour.text, type: "dashed" }, data: [{ xAxis: 0 }] } };
  return { ...option, series: [...series, zero], grid: { ...option.grid, left: wide(data.rows), top: data.groups.length > 1 ? 64 : 12 },
    high: 120 + data.rows.length * Math.max(28, 9 * data.groups.length),
    xAxis: { ...axis, type: "value", name: data.x, axisLabel: { ...axis.axisLabel, formatter: tick } },
    yAxis: { ...axis, type: "category", data: data.rows, inverse: true, axisLabel: { ...axis.axisLabel, hideOverlap: false, width: 172, overflow: "truncate" }, splitLine: { show: true, lineStyle: { color: colour.line } } },
    legend: { ...option.legend, show: data.groups.length > 1, data: data.groups.map((g) => g.name) },
    tooltip: { ...option.tooltip, formatter: (p) => text(`${data.rows[p.value[0]]}, ${p.seriesName}: ${number(p.value[1])} (${number(p.value[2])} to ${number(p.value[3])})`) } };
};
