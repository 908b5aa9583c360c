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

// ---- what is entered is kept on this device until it is signed; a shared tablet forgets it
const shelf = form.dataset.keep === "local" ? localStorage : sessionStorage;
const place = `consent-draft:${form.dataset.draft}`;
const FRESH = 14 * 24 * 3600 * 1000;
const KEPT = [...form.elements].filter((field) => field.name && field.type !== "hidden");

function store() {
  const values = {};
  for (const field of KEPT) {
    if (field.type === "radio") {
      if (field.checked) values[field.name] = field.value;
    } else values[field.name] = field.type === "checkbox" ? field.checked : field.value;
  }
  try {
    shelf.setItem(place, JSON.stringify({ at: Date.now(), values, ink: ink.value }));
  } catch {
    // a full or forbidden storage: the page itself still holds everything
  }
}

function fill() {
  let draft;
  try {
    draft = JSON.parse(shelf.getItem(place));
  } catch {
    return;
  }
  if (!draft || Date.now() - draft.at > FRESH) return;
  for (const field of KEPT) {
    const value = draft.values[field.name];
    if (value === undefined) continue;
    if (field.type === "radio") field.checked = field.value === value;
    else if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
  ink.value = draft.ink;
  restore();
  show();
  document.getElementById("kept").hidden = false;
}

if (!form.querySelector(".p-error, .p-danger:not([hidden])")) fill();
form.addEventListener("input", store);
form.addEventListener("change", store);
pad.addEventListener("endStroke", store);
document.getElementById("pad-clear").addEventListener("click", store);

// ---- a lost connection: say so, keep everything, and send only when the clinic can be reached
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
const button = form.querySelector("[type=submit]");

async function reachable() {
  if (!navigator.onLine) return false;
  try {
    const headers = { "X-CSRFToken": token };
    await fetch(form.dataset.alive, { method: "POST", headers, signal: AbortSignal.timeout(8000) });
    return true;
  } catch {
    return false;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.disabled) return;
  button.disabled = true; // a second tap signs nothing more
  store();
  const isThere = await reachable();
  offline.hidden = isThere;
  if (isThere) form.submit();
  else button.disabled = false;
});
addEventListener("online", () => (offline.hidden = true));
addEventListener("pageshow", () => (button.disabled = false));

// ---- how far the reader came
const progress = document.getElementById("progress"); // absent where only somebody else signs
const reached = new Set();
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      const section = target.dataset.section;
      if (!isIntersecting || reached.has(section)) continue;
      reached.add(section);
      progress.value = reached.size;
      const body = new URLSearchParams({ section });
      const headers = { "X-CSRFToken": token };
      fetch(progress.dataset.sectionUrl, { method: "POST", body, headers, keepalive: true }).catch(
        () => reached.delete(section),
      );
    }
  },
  { rootMargin: "0px 0px -30% 0px" },
);
if (progress) for (const one of document.querySelectorAll(".c-section")) watcher.observe(one);
