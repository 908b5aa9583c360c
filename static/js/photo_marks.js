// Drawing over a photo: strokes and points with notes. The photo itself is not touched.
"use strict";

const stage = document.getElementById("stage");
const photo = stage.querySelector("img");
const layer = document.getElementById("layer");
const notes = document.getElementById("notes");
const drawing = document.getElementById("drawing");
const MOST_PLACES = 500;
const MOST_MARKS = 100;
let marks = read(drawing.elements.marks.value);
let stroke = null;

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}

function svg(name, facts) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(facts)) node.setAttribute(key, value);
  return node;
}

function draw() {
  const width = Number(photo.getAttribute("width"));
  const height = Number(photo.getAttribute("height"));
  const on = ([x, y]) => [(x / PLACES) * width, (y / PLACES) * height];
  layer.replaceChildren();
  [...marks, ...(stroke ? [stroke] : [])].forEach((mark, number) => {
    const places = mark.places.map(on);
    layer.append(svg("polyline", { points: places.map((place) => place.join(",")).join(" ") }));
    const text = svg("text", { x: places[0][0], y: places[0][1], "font-size": Math.max(width, height) / 24 });
    text.textContent = number + 1;
    layer.append(text);
  });
}

function list() {
  notes.replaceChildren();
  marks.forEach((mark, number) => {
    const row = document.createElement("li");
    const note = Object.assign(document.createElement("input"), {
      type: "text",
      className: "form-control",
      maxLength: 200,
      value: mark.note,
    });
    note.setAttribute("aria-label", `${notes.dataset.note} ${number + 1}`);
    note.addEventListener("input", () => (mark.note = note.value));
    const remove = Object.assign(document.createElement("button"), {
      type: "button",
      className: "btn btn-sm",
      textContent: "×",
    });
    remove.setAttribute("aria-label", `${notes.dataset.remove} ${number + 1}`);
    remove.addEventListener("click", () => {
      marks.splice(number, 1);
      show();
    });
    row.append(`${number + 1}.`, note, remove);
    notes.append(row);
  });
  document.getElementById("nothing").hidden = marks.length > 0;
}

function show() {
  draw();
  list();
}

function add(places) {
  if (marks.length < MOST_MARKS) marks.push({ places, note: "" });
  show();
}

const picker = placeable(stage, photo, (x, y) => add([[x, y]]));
stage.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  stroke = { places: [picker.place(event)], note: "" };
  stage.setPointerCapture(event.pointerId);
  draw();
});
stage.addEventListener("pointermove", (event) => {
  if (!stroke || stroke.places.length >= MOST_PLACES) return;
  const last = stroke.places.at(-1);
  const next = picker.place(event);
  if (Math.hypot(next[0] - last[0], next[1] - last[1]) < 40) return;
  stroke.places.push(next);
  draw();
});
stage.addEventListener("pointerup", () => {
  const done = stroke;
  stroke = null;
  if (done) add(done.places);
});
stage.addEventListener("pointercancel", () => {
  stroke = null;
  draw();
});
document.getElementById("undo").addEventListener("click", () => {
  marks.pop();
  show();
});
drawing.addEventListener("submit", () => (drawing.elements.marks.value = JSON.stringify(marks)));
show();
