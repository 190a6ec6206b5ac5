// Points beside a line: {x, y, points: [[x, y]], line: "diagonal" where both are the same quantity, or "zero"}.
charts.scatter = (data, { axis, option }, colour) => {
  const all = data.points.flat();
  const ends = data.line === "diagonal" ? [Math.min(...all), Math.max(...all)] : [];
  const margin = data.line === "diagonal" ? { min: ends[0], max: ends[1] } : {};
  const line = data.line === "diagonal" ? [[{ coord: [ends[0], ends[0]] }, { coord: [ends[1], ends[1]] }]] : [{ yAxis: 0 }];
  const label = { ...axis.axisLabel, formatter: tick, showMinLabel: data.line !== "diagonal", showMaxLabel: data.line !== "diagonal" };
  return { ...option, many: data.points.length > 300, legend: { show: false }, grid: { ...option.grid, top: 24 },
    xAxis: { ...axis, type: "value", name: data.x, scale: true, ...margin, axisLabel: label },
    yAxis: { ...axis, type: "value", name: data.y, nameGap: 52, scale: true, ...margin, axisLabel: label },
    series: [{ type: "scatter", data: data.points, symbolSize: data.points.length > 300 ? 5 : 8, itemStyle: { color: colours[0], opacity: 0.55 },
      markLine: { silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: colour.text, type: "dashed" }, data: line } }],
    tooltip: { ...option.tooltip, formatter: (p) => text(`${data.x} ${number(p.value[0])}, ${data.y} ${number(p.value[1])}`) } };
};
