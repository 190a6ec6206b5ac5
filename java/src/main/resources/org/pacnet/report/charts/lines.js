// Lines with bands over some places: {x: {name}, y: {name, log}, series: [{name, points: [[x, y, low, high]]}]}.
charts.lines = (data, { axis, option }, colour) => {
  const ticks = [...new Set(data.series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  const all = data.series.flatMap((s) => s.points.flatMap((p) => p.slice(1))).filter((y) => !data.y.log || y > 0);
  const least = Math.min(...all, ...data.series.flatMap((s) => s.points.map((p) => p[1])));
  // On a logarithmic axis a band may reach to zero, which is nowhere: it ends at half the least that is shown.
  const floor = data.y.log ? Math.max(least, Math.min(...data.series.flatMap((s) => s.points.map((p) => p[1]))) / 2) : undefined;
  const series = data.series.flatMap((one, i) => {
    const paint = colours[i % colours.length];
    const band = {
      type: "custom", name: one.name, silent: true, tooltip: { show: false }, data: [0], z: 1, clip: true,
      renderItem: (params, api) => {
        const at = (x, y) => api.coord([ticks.indexOf(x), floor === undefined ? y : Math.max(y, floor)]);
        const outline = [...one.points.map((p) => at(p[0], p[2])), ...one.points.map((p) => at(p[0], p[3])).reverse()];
        return { type: "polygon", shape: { points: outline }, style: { fill: paint, opacity: 0.13 } };
      },
    };
    const line = {
      type: "line", name: one.name, data: one.points.map((p) => ({ value: [ticks.indexOf(p[0]), p[1]], range: [p[2], p[3]] })), symbol: symbols[i % symbols.length],
      symbolSize: 8, lineStyle: { color: paint, width: 2, type: i < colours.length ? "solid" : "dashed" }, itemStyle: { color: paint }, z: 2,
    };
    return one.points.some((p) => p[3] > p[2]) ? [band, line] : [line];
  });
  return { ...option, series,
    xAxis: { ...axis, type: "category", name: data.x.name, data: ticks.map(tick), boundaryGap: false },
    yAxis: { ...axis, type: data.y.log ? "log" : "value", name: data.y.name, nameGap: 48, scale: true, min: floor, max: data.y.log ? Math.max(...all) : undefined,
      logBase: data.y.log && Math.max(...all) < 64 * floor ? 2 : 10, axisLabel: { ...axis.axisLabel, formatter: tick, showMinLabel: !data.y.log, showMaxLabel: !data.y.log } },
    legend: { ...option.legend, data: data.series.map((s) => s.name) },
    tooltip: { ...option.tooltip, formatter: (p) => text(`${p.seriesName}, ${data.x.name} ${number(ticks[p.value[0]])}: ${number(p.value[1])} (${number(p.data.range[0])} to ${number(p.data.range[1])})`) } };
};
