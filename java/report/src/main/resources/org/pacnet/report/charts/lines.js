// Lines with bands over some places: {x: {name}, y: {name, log}, series: [{name, points: [[x, y, low, high]]}]}.
charts.lines = (data, { axis, option }, colour) => {
  const ticks = [...new Set(data.series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  const middles = data.series.flatMap((s) => s.points.map((p) => p[1]));
  const most = Math.max(...data.series.flatMap((s) => s.points.map((p) => p[3])));
  const least = Math.min(...middles);
  const log = data.y.log && least > 0;
  // Logarithms are taken here, so that a band may reach to zero, which is nowhere: it ends at the axis, at half the least that is shown or below.
  const step = most < 64 * least ? Math.log10(2) : 1;
  const floor = log ? step * Math.floor(Math.log10(least / 2) / step) : undefined;
  const up = (y) => log ? (y > 0 ? Math.max(Math.log10(y), floor) : floor) : y;
  const series = data.series.flatMap((one, i) => {
    const paint = colours[i % colours.length];
    const band = {
      type: "custom", name: one.name, silent: true, tooltip: { show: false }, data: [0], z: 1, clip: true,
      renderItem: (params, api) => {
        const at = (x, y) => api.coord([ticks.indexOf(x), up(y)]);
        const outline = [...one.points.map((p) => at(p[0], p[2])), ...one.points.map((p) => at(p[0], p[3])).reverse()];
        return { type: "polygon", shape: { points: outline }, style: { fill: paint, opacity: data.series.length > 6 ? 0.05 : 0.13 } };
      },
    };
    const line = {
      type: "line", name: one.name, data: one.points.map((p) => ({ value: [ticks.indexOf(p[0]), up(p[1])], point: p })), symbol: symbols[i % symbols.length],
      symbolSize: 8, lineStyle: { color: paint, width: 2, type: i < colours.length ? "solid" : "dashed" }, itemStyle: { color: paint }, z: 2,
    };
    return one.points.some((p) => p[3] > p[2]) ? [band, line] : [line];
  });
  const logarithmic = { min: floor, max: step * Math.ceil(Math.log10(most) / step), interval: step,
    axisLabel: { ...axis.axisLabel, formatter: (y) => tick(10 ** y) } };
  return { ...option, series,
    xAxis: { ...axis, axisLine: { ...axis.axisLine, onZero: false }, type: "category", name: data.x.name, data: ticks.map(tick), boundaryGap: false },
    yAxis: { ...axis, type: "value", name: data.y.name, nameGap: 48, scale: true, axisLabel: { ...axis.axisLabel, formatter: tick }, ...(log ? logarithmic : {}) },
    legend: { ...option.legend, data: data.series.map((s, i) => ({ name: s.name, icon: symbols[i % symbols.length] })) },
    tooltip: { ...option.tooltip, formatter: ({ seriesName, data: { point } }) =>
      text(`${seriesName}, ${data.x.name} ${number(point[0])}: ${number(point[1])} (${number(point[2])} to ${number(point[3])})`) } };
};
