// The consent page: strokes are kept as they are drawn, the reader's progress is told, and nothing
// that was entered is lost. Without this script a typed name signs.
"use strict";

const form = document.getElementById("signing");
const ink = form.querySelector("[name=ink]");
const typed = form.querySelector("[name=typed]");
const drawing = document.getElementById("drawing");
const canvas = document.getElementById("pad");
const offline = document.getElementById("offline");

// ---- the pad: shown, sized for the screen, and drawn again when its width changes
drawing.hidden = false;
const pad = new SignaturePad(canvas, { minWidth: 0.8, maxWidth: 2.4, penColor: "#14282c" });
let width = 0;

function fit() {
  if (!canvas.clientWidth || canvas.clientWidth === width) return; // only the height: an address bar
  const scale = width ? Math.min(1, canvas.clientWidth / width) : 1; // wider: it stays as drawn
  const strokes = pad.toData();
  for (const stroke of strokes)
    for (const point of stroke.points) {
      point.x *= scale;
      point.y *= scale;
    }
  width = canvas.clientWidth;
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  canvas.getContext("2d").scale(ratio, ratio);
  pad.fromData(strokes);
  if (strokes.length) keep();
}

function keep() {
  const strokes = pad.toData().map((stroke) =>
    stroke.points.map((p) => [p.x, p.y, Math.round(p.time), p.pressure]),
  );
  const size = { width: canvas.clientWidth, height: canvas.clientHeight };
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  ink.value = strokes.length ? JSON.stringify({ ...size, ratio, strokes }) : "";
}

function restore() {
  if (!ink.value) return;
  try {
    const { width: before, strokes } = JSON.parse(ink.value);
    const scale = Math.min(1, canvas.clientWidth / before);
    pad.fromData(
      strokes.map((points) => ({
        penColor: "#14282c",
        dotSize: 0,
        minWidth: 0.8,
        maxWidth: 2.4,
        velocityFilterWeight: 0.7,
        compositeOperation: "source-over",
        points: points.map(([x, y, time, pressure]) => ({
          x: x * scale,
          y: y * scale,
          time,
          pressure,
        })),
      })),
    );
  } catch {
    ink.value = "";
  }
}

fit();
restore();
new ResizeObserver(fit).observe(canvas);
pad.addEventListener("endStroke", keep);
document.getElementById("pad-clear").addEventListener("click", () => {
  pad.clear();
  keep();
});
const show = () => (drawing.hidden = typed.checked);
typed.addEventListener("change", show);
show();

// ---- a lost connection: say so, and keep the page as it is
form.addEventListener("submit", (event) => {
  offline.hidden = navigator.onLine;
  if (!navigator.onLine) event.preventDefault();
});
addEventListener("online", () => (offline.hidden = true));

// ---- how far the reader came
const progress = document.getElementById("progress");
const reached = new Set();
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      const section = target.dataset.section;
      if (!isIntersecting || reached.has(section)) continue;
      reached.add(section);
      progress.value = reached.size;
      const body = new URLSearchParams({ section });
      const headers = { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value };
      fetch(progress.dataset.sectionUrl, { method: "POST", body, headers, keepalive: true }).catch(
        () => reached.delete(section),
      );
    }
  },
  { rootMargin: "0px 0px -30% 0px" },
);
for (const section of document.querySelectorAll(".c-section")) watcher.observe(section);
