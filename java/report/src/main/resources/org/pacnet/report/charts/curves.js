// Curves over numbers: {x: {name, log}, y: {name, log}, series: [{name, colour: index, points: [[x, y]],
// style: "line", "dashed" or "points"}], diagonal: [least, most] where it is drawn}.
charts.curves = (data, { axis, option }, colour) => {
  const series = data.series.map((one) => {
    const paint = colours[one.colour % colours.length];
    return { type: "line", name: one.name, data: one.points, itemStyle: { color: paint }, symbol: symbols[one.colour % symbols.length], symbolSize: 7,
      showSymbol: one.style === "points" || one.points.length < 30,
      lineStyle: { color: paint, width: one.style === "points" ? 0 : 2, type: one.style === "dashed" ? "dashed" : "solid" } };
  });
  if (data.diagonal) {
    series.push({ type: "line", name: "", silent: true, data: [data.diagonal, data.diagonal].map((end, i) => [end[i], end[i]]), symbol: "none",
      lineStyle: { color: colour.soft, width: 1, type: "dotted" } });
  }
  // A logarithmic axis goes from one power of ten to another: within one there would be little to see.
  const far = (which) => {
    const values = data.series.flatMap((one) => one.points.map((point) => point[which]));
    return Math.max(...values) > 10 * Math.min(...values);
  };
  const scale = (of, which) => ({ ...axis, type: of.log && far(which) ? "log" : "value", name: of.name, scale: true, axisLabel: { ...axis.axisLabel, formatter: tick },
    ...(data.diagonal ? { min: data.diagonal[0], max: data.diagonal[1] } : {}) });
  return { ...option, series, grid: { ...option.grid, top: data.series.length > 2 ? 92 : data.series.length > 1 ? 64 : 24 }, xAxis: scale(data.x, 0), yAxis: { ...scale(data.y, 1), nameGap: 52 },
    legend: { ...option.legend, type: "plain", itemGap: 12, show: data.series.length > 1, data: data.series.map((s) => s.name) },
    tooltip: { ...option.tooltip, formatter: (p) => text(`${p.seriesName}: ${number(p.value[1])} at ${data.x.name} ${number(p.value[0])}`) } };
};
