// Draws the page from its data. Every text is set as text: what a user's file calls a column or a class is never markup.
"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const printing = matchMedia("print");
// Okabe and Ito's colours, which people with any colour vision tell apart; by symbols and dashes too where there are more.
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f"];
const symbols = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond"];
const drawn = [];

function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function number(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : value.toPrecision(4);
}

// What a tooltip says: never markup.
function text(said) {
  return element("div", {}, said);
}

// A short one, for axes.
function tick(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(3))) : value;
}

// The place that names beside a chart take.
function wide(names) {
  return Math.min(200, 24 + 7 * Math.max(...names.map((name) => name.length)));
}

function ink() {
  const light = printing.matches || !dark.matches;
  return { text: light ? "#1b1f24" : "#e8ecf1", soft: light ? "#57606a" : "#a9b4c0", line: light ? "#d0d7de" : "#3a424c",
    page: light ? "#fff" : "#14171c" };
}

// What all charts have in common; a chart's own file says the rest.
function frame(colour) {
  const axis = { axisLine: { lineStyle: { color: colour.soft } }, axisLabel: { color: colour.soft, hideOverlap: true },
    nameTextStyle: { color: colour.soft }, splitLine: { lineStyle: { color: colour.line } }, nameLocation: "middle", nameGap: 32 };
  return { axis, option: { animation: false, color: colours, textStyle: { color: colour.text, fontFamily: "system-ui, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif" },
    grid: { left: 64, right: 24, top: 64, bottom: 56, containLabel: false },
    legend: { type: "scroll", top: 8, left: 8, right: 8, itemGap: 18, textStyle: { color: colour.text }, pageTextStyle: { color: colour.text }, pageIconColor: colour.text },
    tooltip: { trigger: "item", confine: true, backgroundColor: colour.page, borderColor: colour.line, textStyle: { color: colour.text } } } };
}

// A chart is an option for the library, or an element.
function draw(chart) {
  const colour = ink();
  const made = charts[chart.kind](chart.data, frame(colour), colour);
  if (made instanceof Node) {
    chart.box.setAttribute("role", "group");
    chart.box.replaceChildren(made);
    return;
  }
  if (made.high) chart.box.style.height = `${made.high}px`;
  // Many marks are drawn as one picture, and few so that they stay sharp on paper.
  chart.instance ??= echarts.init(chart.box, null, { renderer: made.many ? "canvas" : "svg" });
  chart.instance.resize();
  chart.instance.setOption(made, true);
  // So that paper, whose width is not known when it is drawn, can scale it.
  chart.box.querySelector("svg")?.setAttribute("viewBox", `0 0 ${chart.instance.getWidth()} ${chart.instance.getHeight()}`);
}

function addChart(given, place) {
  const box = element("div", { className: "chart " + given.kind, role: "img", "aria-label": given.label });
  place.append(element("figure", {}, ...(given.title ? [element("figcaption", {}, given.title)] : []), box));
  drawn.push({ kind: given.kind, data: given.data, box });
}

function csv(table) {
  const field = (value) => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return [table.columns.map((c) => field(c.name)), ...table.rows.map((row) => row.map(field))].map((r) => r.join(",")).join("\n") + "\n";
}

function addTable(section, place) {
  const table = section.table;
  const body = element("tbody");
  const fill = (rows) => body.replaceChildren(...rows.map((row) => element("tr", {},
    ...row.map((value, c) => element("td", { className: table.columns[c].number ? "number" : "" }, number(value))))));
  const heads = table.columns.map((column, c) => {
    const head = element("th", { scope: "col", className: column.number ? "number" : "" });
    const button = element("button", { type: "button" }, column.name);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const compare = (a, b) => a === b ? 0 : a === null ? 1 : b === null ? -1
        : typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
      fill([...table.rows].sort((a, b) => (down ? -1 : 1) * compare(a[c], b[c])));
    });
    head.append(button);
    return head;
  });
  fill(table.rows);
  place.append(element("div", { className: table.rows.length > 25 ? "table long" : "table", tabIndex: 0, role: "region", "aria-label": "Table: " + section.title },
    element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body)));
  const link = element("a", { className: "download", download: section.title.toLowerCase().replace(/[^a-z0-9]+/g, "-") + ".csv",
    href: URL.createObjectURL(new Blob([csv(table)], { type: "text/csv" })) }, "Download this table as CSV");
  place.append(link);
}

document.title = page.title;
const main = document.getElementById("report");
main.replaceChildren(element("h1", {}, page.title), element("p", { className: "lead" }, page.lead));
for (const section of page.sections) {
  const place = element("section", {}, element("h2", {}, section.title), element("p", { className: "note" }, section.note));
  main.append(place);
  if (section.charts.length) {
    const row = element("div", { className: section.charts.length > 1 ? "charts several" : "charts" });
    place.append(row);
    section.charts.forEach((chart) => addChart(chart, row));
  }
  if (section.table) addTable(section, place);
}
const facts = element("dl");
for (const [name, value] of page.facts) facts.append(element("dt", {}, name), element("dd", {}, value));
main.append(element("section", {}, element("h2", {}, "How this was made"), facts));
main.append(element("footer", {}, "Made by PAC-Net for the JVM " + page.version + ". This file is the whole report and asks nothing of any network."));
// Now that all are there, so that each knows its width.
const redraw = () => drawn.forEach(draw);
redraw();
for (const change of [dark, printing]) change.addEventListener("change", redraw);
addEventListener("beforeprint", redraw);
// Its height changes by what is drawn.
let width = main.clientWidth;
new ResizeObserver(() => {
  if (main.clientWidth !== width) {
    width = main.clientWidth;
    redraw();
  }
}).observe(main);
