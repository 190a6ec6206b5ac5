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
  const scale = (of) => ({ ...axis, type: of.log ? "log" : "value", name: of.name, scale: true, axisLabel: { ...axis.axisLabel, formatter: tick },
    ...(data.diagonal ? { min: data.diagonal[0], max: data.diagonal[1] } : {}) });
  const many = data.series.length > 2;
  return { ...option, series, grid: { ...option.grid, top: many ? 92 : 64 }, xAxis: scale(data.x), yAxis: { ...scale(data.y), nameGap: 52 },
    legend: { ...option.legend, type: "plain", itemGap: 12, show: data.series.length > 1, data: data.series.map((s) => s.name) },
    tooltip: { ...option.tooltip, formatter: (p) => text(`${p.seriesName}: ${number(p.value[1])} at ${data.x.name} ${number(p.value[0])}`) } };
};
