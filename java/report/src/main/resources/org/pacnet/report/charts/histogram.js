// How many lie where: {x, y, edges: [number], series: [{name, counts}], marks: [{name, at}]}; series lie on each other.
charts.histogram = (data, { axis, option }, colour) => {
  const below = data.edges.slice(1).map(() => 0);
  const series = data.series.map((one, i) => {
    const bars = one.counts.map((count, b) => [data.edges[b], data.edges[b + 1], below[b], (below[b] += count), count]);
    return { type: "custom", name: one.name, data: bars.filter((bar) => bar[4] > 0), itemStyle: { color: colours[i % colours.length] }, encode: { x: [0, 1], y: [2, 3] }, clip: true,
      renderItem: (params, api) => {
        const from = api.coord([api.value(0), api.value(3)]);
        const to = api.coord([api.value(1), api.value(2)]);
        return { type: "rect", shape: { x: from[0] + 0.5, y: from[1], width: Math.max(1, to[0] - from[0] - 1), height: to[1] - from[1] },
          style: { fill: colours[i % colours.length] } };
      } };
  });
  series.push({ type: "line", name: "", silent: true, data: [], markLine: { silent: true, symbol: "none", lineStyle: { color: colour.text, type: "dashed" },
    label: { color: colour.text, formatter: (p) => p.name }, data: data.marks.map((mark) => ({ name: mark.name, xAxis: mark.at })) } });
  return { ...option, series, grid: { ...option.grid, top: data.series.length > 1 ? 64 : 32 },
    xAxis: { ...axis, type: "value", name: data.x, min: data.edges[0], max: data.edges.at(-1), axisLabel: { ...axis.axisLabel, formatter: tick } },
    yAxis: { ...axis, type: "value", name: data.y, nameGap: 52, axisLabel: { ...axis.axisLabel, formatter: tick } },
    legend: { ...option.legend, show: data.series.length > 1, data: data.series.map((s) => s.name) },
    tooltip: { ...option.tooltip, formatter: (p) =>
      text(`${number(p.value[4])}${p.seriesName ? " " + p.seriesName : ""}: ${data.x} ${number(p.value[0])} to ${number(p.value[1])}`) } };
};
