// What every page carries: its style and its script.
#pragma once

namespace reverie {

// Its colours c0 to c7 are the palette's, which html_page.cpp writes before it.
inline constexpr const char* kPageStyle = R"css(
:root {
  --ground: #fdfdfb; --raised: #ffffff; --ink: #1d2327; --soft: #5b666e; --rule: #e1e4e3; --accent: #0072b2;
  --good: #e8f4ee; --warning: #fdf0e3; --plain: #eef3f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181b; --raised: #1b2024; --ink: #e6e9ea; --soft: #9aa5ac; --rule: #30373c; --accent: #6bb8e6;
    --good: #17332a; --warning: #3d2a18; --plain: #1d2a35;
    }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
header, main { max-width: 1240px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 36px; }
h1 { margin: 0; font-size: 30px; letter-spacing: -0.01em; line-height: 1.2; }
h2 { margin: 0 0 6px; font-size: 21px; letter-spacing: -0.005em; }
h3 { margin: 22px 0 6px; font-size: 16px; }
p { max-width: 80ch; margin: 8px 0; }
.subtitle, .lead { color: var(--soft); }
.lead { margin-bottom: 16px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 18px 0 0; padding: 10px 0; border-block: 1px solid var(--rule); font-size: 14.5px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
section { margin: 44px 0; }
.side-by-side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 22px 30px; align-items: start; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 12px 0; font-variant-numeric: tabular-nums; font-size: 15px; }
th { font-weight: 600; color: var(--soft); border-bottom: 1.5px solid var(--rule); }
th, td { padding: 6px 20px 6px 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.side-by-side table { font-size: 13.5px; }
.side-by-side th, .side-by-side td { padding-right: 14px; }
tbody tr + tr td { border-top: 1px solid var(--rule); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); gap: 0 30px; margin: 14px 0; font-size: 14.5px; }
.facts div { display: flex; gap: 12px; padding: 4px 0; border-bottom: 1px solid var(--rule); }
.facts .long { grid-column: 1 / -1; }
.facts dt { color: var(--soft); flex: 0 0 112px; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.note { padding: 12px 16px; border-radius: 8px; border-left: 4px solid var(--c0); background: var(--plain); max-width: none; }
.note.good { border-color: var(--c2); background: var(--good); }
.note.warning { border-color: var(--c1); background: var(--warning); }
.headline { display: flex; flex-wrap: wrap; gap: 14px; margin: 18px 0; }
.headline div { flex: 1 1 150px; padding: 12px 16px; background: var(--raised); border: 1px solid var(--rule); border-radius: 10px; }
.headline b { display: block; font-size: 25px; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums; }
.headline span { color: var(--soft); font-size: 13.5px; }
details { margin: 12px 0; }
summary { cursor: pointer; color: var(--accent); }
pre { padding: 14px 16px; background: var(--raised); border: 1px solid var(--rule); border-radius: 8px; overflow-x: auto; font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
figure { margin: 0; }
figcaption { font-weight: 600; font-size: 15px; margin-bottom: 2px; }
.chart { position: relative; padding: 14px 16px 10px; background: var(--raised); border: 1px solid var(--rule); border-radius: 10px; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.legend { display: flex; flex-wrap: wrap; gap: 0 16px; list-style: none; margin: 0 0 4px; padding: 0; font-size: 13.5px; color: var(--soft); }
.legend li::before { content: ""; display: inline-block; width: 20px; height: 0; border-top: 3px solid var(--c); margin-right: 6px; vertical-align: 4px; }
.scatter .legend li::before { width: 10px; height: 10px; border: 0; border-radius: 5px; background: var(--c); vertical-align: 0; }
.legend li.dashed::before { border-top-style: dashed; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
svg path { fill: none; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .marker { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 4; }
svg .line { stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
svg .line.dashed { stroke-dasharray: 6 5; }
svg .band { fill: var(--c); opacity: 0.16; }
svg path.bar { fill: var(--c); }
svg .whisker { stroke: var(--ink); stroke-width: 1.4; opacity: 0.75; }
svg .dot { fill: var(--c); }
svg .point { fill: var(--c); fill-opacity: 0.75; stroke: var(--raised); stroke-width: 1.2; }
svg .pointer { stroke: var(--soft); stroke-width: 1; visibility: hidden; }
svg text { fill: var(--soft); font-size: 12.5px; }
svg .tick, svg .label { text-anchor: middle; }
svg .tick.end { text-anchor: end; }
svg .tick.start { text-anchor: start; }
.reading { position: absolute; z-index: 2; pointer-events: none; padding: 6px 10px; background: var(--ink); color: var(--ground); border-radius: 6px; font-size: 12.5px; line-height: 1.45; white-space: nowrap; font-variant-numeric: tabular-nums; }
.pixels, .frame { image-rendering: pixelated; }
.strip { overflow-x: auto; margin: 0 0 18px; }
.strip table { margin: 4px 0; border-spacing: 0; }
.strip td, .strip th { padding: 2px 4px 2px 0; border: 0 !important; text-align: center; font-size: 13px; font-weight: 400; }
.strip td:first-child { text-align: left; color: var(--soft); padding-right: 10px; vertical-align: middle; }
.strip img { display: block; border-radius: 3px; }
.players { padding: 18px 18px 14px; background: var(--raised); border: 1px solid var(--rule); border-radius: 10px; }
.films { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 20px; }
.film .frames { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; margin: 4px 0; }
.film .frame { aspect-ratio: 1; border-radius: 4px; background-repeat: no-repeat; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.film .caption, .film .reading-line { font-size: 13px; color: var(--soft); display: flex; justify-content: space-between; font-variant-numeric: tabular-nums; }
.controls { display: flex; gap: 14px; align-items: center; margin-top: 14px; }
.controls input { flex: 1; accent-color: var(--accent); }
.controls button { font: inherit; padding: 4px 16px; min-width: 84px; border: 1px solid var(--rule); border-radius: 6px; background: var(--ground); color: var(--ink); cursor: pointer; }
.controls output { min-width: 92px; text-align: right; color: var(--soft); font-size: 14px; font-variant-numeric: tabular-nums; }
@media print {
  :root { --ground: #fff; --raised: #fff; --ink: #000; --soft: #444; --rule: #ccc; --plain: #f3f3f3; --good: #f0f7f3; --warning: #fbf1e6; }
  nav, .controls { display: none; }
  body { font-size: 11pt; }
  section { margin: 24px 0; }
  figure, .film, tr, .note { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
)css";

// The reading beside the pointer in line charts, and the players.
inline constexpr const char* kPageScript = R"js(
"use strict";
for (const svg of document.querySelectorAll("svg[data-hover]")) {
  const data = JSON.parse(svg.dataset.hover);
  const pointer = svg.querySelector(".pointer");
  const reading = document.createElement("div");
  reading.className = "reading";
  reading.hidden = true;
  svg.parentElement.append(reading);
  const places = [...new Set(data.series.flatMap(s => s.points.map(p => p[0])))].sort((a, b) => a - b);
  svg.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    if (!places.length || x < data.left - 12 || x > data.right + 12) return hide();
    const near = places.reduce((best, p) => Math.abs(p - x) < Math.abs(best - x) ? p : best);
    const lines = [];
    let name = "";
    for (const series of data.series) {
      const point = series.points.find(p => p[0] === near);
      if (point) { name = point[1]; lines.push(`${series.name}: ${point[2]}`); }
    }
    reading.innerText = [`${data.x} ${name}`, ...lines].join("\n");
    reading.hidden = false;
    const figure = svg.parentElement.getBoundingClientRect();
    const left = box.left - figure.left + near / svg.viewBox.baseVal.width * box.width;
    reading.style.left = `${left > figure.width / 2 ? left - reading.offsetWidth - 10 : left + 10}px`;
    reading.style.top = `${Math.max(4, event.clientY - figure.top - reading.offsetHeight - 8)}px`;
    pointer.setAttribute("transform", `translate(${near - data.left} 0)`);
    pointer.style.visibility = "visible";
  });
  const hide = () => { reading.hidden = true; pointer.style.visibility = "hidden"; };
  svg.addEventListener("pointerleave", hide);
}
for (const group of document.querySelectorAll(".players")) {
  const films = [...group.querySelectorAll(".film")].map(film => ({
    ...JSON.parse(film.dataset.film), frames: [...film.querySelectorAll(".frame")], line: film.querySelector(".reading-line")}));
  const slider = group.querySelector("input"), button = group.querySelector("button"), output = group.querySelector("output");
  const every = Number(group.dataset.every);
  const show = () => {
    const now = Number(slider.value);
    output.textContent = `step ${now * every}`;
    for (const film of films) {
      const at = Math.min(now, film.count - 1), column = at % film.columns, row = Math.floor(at / film.columns);
      film.frames.forEach((frame, which) => {
        const x = film.columns > 1 ? column / (film.columns - 1) * 100 : 0;
        const y = (row + which * film.rows) / (2 * film.rows - 1) * 100;
        frame.style.backgroundPosition = `${x}% ${y}%`;
      });
      film.line.textContent = `${film.words}${film.returns[at]}${now > at ? " (ended)" : ""}`;
    }
  };
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; button.textContent = "Play"; };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= Number(slider.max)) slider.value = 0;
    button.textContent = "Pause";
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show();
      if (Number(slider.value) >= Number(slider.max)) stop();
    }, 1000 * every / 50);
  });
  slider.addEventListener("input", show);
  show();
}
)js";

}  // namespace reverie
