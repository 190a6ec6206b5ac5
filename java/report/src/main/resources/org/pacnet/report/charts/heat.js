// Colours over a grid: {x: {name, labels}, y: {name, labels}, cells: [[number or null]], value, min, max, diverging, numbers}; labels may be empty, the first
// row is the one at the top, and numbers says whether they are written into the cells.
charts.heat = (data, { axis, option }, colour) => {
  // Numbers are black on light colours, and the ramp's upper half is light.
  const cells = data.cells.flatMap((row, y) => row.map((value, x) => ({ value: [x, y, value === null ? "-" : value],
    label: { color: value - data.min > 0.6 * (data.max - data.min) ? "#000" : "#fff" } })));
  const few = data.x.labels.length > 0;
  const side = (of, count) => ({ ...axis, type: "category", name: of.name, data: of.labels.length ? of.labels : [...Array(count).keys()],
    splitLine: { show: false }, axisTick: { show: of.labels.length > 0 },
    axisLabel: { ...axis.axisLabel, show: of.labels.length > 0, width: 92, overflow: "truncate" } });
  const ramp = data.diverging ? ["#0072b2", colour.page, "#d55e00"] : ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"];
  return { ...option, many: cells.length > 400, high: few ? 140 + Math.max(26 * data.cells.length, 160) : data.cells.length < 8 ? 200 : undefined, legend: { show: false },
    grid: { ...option.grid, left: few ? 124 : 44, top: 16, bottom: few ? 108 : 84, right: 16 },
    xAxis: { ...side(data.x, data.cells[0].length), nameGap: few ? 30 : 10 },
    yAxis: { ...side(data.y, data.cells.length), inverse: true, nameGap: few ? 96 : 14 },
    visualMap: { type: "continuous", min: data.min, max: data.max > data.min ? data.max : data.min + 1, calculable: false, orient: "horizontal", left: "center", bottom: 0,
      itemWidth: 12, itemHeight: 120, text: [`${tick(data.max)} ${data.value}`, String(tick(data.min))], textStyle: { color: colour.text }, inRange: { color: ramp } },
    series: [{ type: "heatmap", data: cells, itemStyle: few ? { borderColor: colour.page, borderWidth: 1 } : {},
      progressive: 0,
      label: { show: data.numbers, formatter: (p) => tick(p.value[2]) } }],
    tooltip: { ...option.tooltip, formatter: (p) => text(few
      ? `${data.y.name} ${data.y.labels[p.value[1]]}, ${data.x.name} ${data.x.labels[p.value[0]]}: ${number(p.value[2])} ${data.value}` : `${number(p.value[2])} ${data.value}`) } };
};
