// Bars beside names, of one or several series, which lie side by side or, stacked, on each other: {value, rows: [name], series: [{name, values}], stacked}.
charts.bars = (data, { axis, option }, colour) => {
  return { ...option, high: (data.series.length > 1 ? 130 : 90) + data.rows.length * (data.stacked ? 26 : 12 + 16 * data.series.length),
    grid: { ...option.grid, left: wide(data.rows), top: data.series.length > 1 ? 52 : 12 },
    xAxis: { ...axis, type: "value", name: data.value, axisLabel: { ...axis.axisLabel, formatter: tick } },
    yAxis: { ...axis, type: "category", data: data.rows, inverse: true, axisLabel: { ...axis.axisLabel, hideOverlap: false, width: 172, overflow: "truncate" } },
    legend: { ...option.legend, show: data.series.length > 1 },
    series: data.series.map((one, i) => ({ type: "bar", name: one.name, data: one.values, stack: data.stacked ? "all" : undefined,
      barMaxWidth: 22, itemStyle: { color: colours[i % colours.length] } })),
    tooltip: { ...option.tooltip, formatter: (p) => text(`${p.name}${p.seriesName ? ", " + p.seriesName : ""}: ${number(p.value)} (${data.value})`) } };
};
