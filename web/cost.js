// The charts of the cost report. The page is whole without them: every number they show stands in
// the table beside. Amounts arrive as exact decimal strings; only what is drawn becomes a number.
import uPlot from "uplot";

import "./uplot_license.js";
import { dayOf, inDollars, percentOf } from "./numbers.js";

const kHeight = 300;
const kDay = 86400; // seconds
const kMostBars = 100; // of runs: more are no bars any more
const charts = [];

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const soft = () => color("--soft");
const grid = { stroke: () => color("--line"), width: 1 };

// What bars of a width need at both ends, so that the first and the last are whole.
const padded = (step) => (u, low, high) => [low - step * 0.75, high + step * 0.75];

function axes(labels, y) {
  const x = { stroke: soft, grid: { show: false }, ticks: grid, space: 80 };
  if (labels) {
    x.values = (u, splits) => splits.map((at) => (Number.isInteger(at) ? labels[at] ?? "" : ""));
    x.incrs = [1, 2, 5, 10, 20, 50, 100];
  } else {
    x.values = (u, splits) => splits.map(dayOf);
    x.incrs = [1, 2, 7, 14, 28, 91, 364].map((days) => days * kDay);
  }
  return [x, { stroke: soft, grid, ticks: grid, size: 70, values: (u, splits) => splits.map(y) }];
}

// The legend's entry for where the pointer is: a month, a day, a run.
function position(by, labels) {
  return {
    label: by,
    value: (u, value, series, index) => index == null ? "–" : labels ? labels[index] : dayOf(value),
  };
}

function draw(place, options, data) {
  const width = () => place.clientWidth;
  const chart = new uPlot({ width: width(), height: kHeight, ...options }, data, place);
  charts.push({ chart, width });
}

// Orchestrator upon workers, with what the same tokens had cost all deep.
function spending(place, by, lines, x, labels, step) {
  const known = (key) => lines.map((line) => line[key] == null ? null : Number(line[key]));
  const total = known("charged");
  const exact = (key) => (u, value, series, index) => index == null || lines[index][key] == null ? "–" : inDollars(lines[index][key]);
  const bars = uPlot.paths.bars({ size: [0.7, 48] });
  const bar = (label, name, key) => ({
    label, paths: bars, points: { show: false }, width: 0,
    stroke: () => color(name), fill: () => color(name), value: exact(key),
  });
  draw(place, {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { x: { time: !labels, range: padded(step) }, y: { range: (u, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    axes: axes(labels, (value) => inDollars(value)),
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    series: [
      position(by, labels),
      bar("workers", "--workers", "workers"),
      bar("orchestrator", "--orchestrator", "orchestrator"),
      { label: "all deep", stroke: () => color("--deep"), width: 2, dash: [6, 4],
        points: { size: 6, fill: () => color("--deep") }, value: exact("allDeep") },
    ],
  }, [x, total, known("orchestrator"), known("allDeep")]);
}

// How much of the prompts came from the cache, and how much was saved.
function shares(place, by, lines, x, labels, step) {
  const share = (part, whole) => lines.map((line) => percentOf(line[part], line[whole]));
  const line = (label, name) => ({
    label, stroke: () => color(name), width: 2, points: { size: 6, fill: () => color(name) },
    value: (u, value) => value == null ? "–" : `${value.toFixed(1)}%`, spanGaps: true,
  });
  draw(place, {
    height: 180,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { x: { time: !labels, range: padded(step) }, y: { range: (u, low) => [Math.min(0, low), 100] } },
    axes: axes(labels, (value) => `${value}%`),
    cursor: { drag: { x: false, y: false } },
    series: [
      position(by, labels),
      line("saved against all deep", "--orchestrator"),
      line("cached share of the prompts", "--workers"),
    ],
  }, [x, share("saved", "allDeep"), share("cacheRead", "prompt")]);
}

function section(by, all) {
  const place = document.getElementById(`chart-${by}`);
  const lines = by === "run" ? all.slice(-kMostBars) : all;
  if (!place || lines.length < 2) return;
  place.closest(".pair").classList.add(by === "run" ? "stacked" : "charted");
  const isDay = by === "day";
  const x = lines.map((line, index) => (isDay ? Date.parse(`${line.name}T00:00:00Z`) / 1000 : index));
  const labels = isDay ? null : lines.map((line) => line.name);
  const step = isDay ? kDay : 1;
  spending(place, by, lines, x, labels, step);
  if (by !== "run") shares(place, by, lines, x, labels, step);
}

const redraw = () => charts.forEach(({ chart }) => chart.redraw(false, true));
const resize = () => charts.forEach(({ chart, width }) => chart.setSize({ width: width(), height: chart.height }));

const data = JSON.parse(document.getElementById("data").textContent);
Object.entries(data).forEach(([by, lines]) => section(by, lines));
addEventListener("resize", resize);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
// Paper is white: the colours of the print style hold as soon as it applies.
matchMedia("print").addEventListener("change", () => { resize(); redraw(); });
