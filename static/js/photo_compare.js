// Comparing two photos: side by side, with a slider, one over the other; zoomed alike, and aligned.
"use strict";

const compare = document.getElementById("compare");
if (compare) {
  const [before, after] = compare.querySelectorAll("img");
  const frames = [...compare.querySelectorAll(".compare-window")];
  const divider = document.getElementById("divider");
  const zoom = document.getElementById("zoom");
  const points = JSON.parse(compare.dataset.points);
  const pan = { x: 0, y: 0 };
  let aligning = null;
  document.getElementById("tools").hidden = false;

  // What turns, scales and moves the second photo so that its two places lie on those of the first.
  function aligned() {
    if (points.length !== 4 || aligning) return "";
    const on = (image, [x, y]) => [(x / PLACES) * image.clientWidth, (y / PLACES) * image.clientHeight];
    const [a, b] = [on(before, points[0]), on(before, points[1])];
    const [c, d] = [on(after, points[2]), on(after, points[3])];
    const [ux, uy, vx, vy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]];
    const length = vx * vx + vy * vy;
    const cos = (ux * vx + uy * vy) / length;
    const sin = (uy * vx - ux * vy) / length;
    const left = a[0] - (cos * c[0] - sin * c[1]);
    const top = a[1] - (sin * c[0] + cos * c[1]);
    return `matrix(${cos}, ${sin}, ${-sin}, ${cos}, ${left}, ${top})`;
  }

  function draw() {
    const scale = Number(zoom.value) / 100;
    const most = (side) => (side * (scale - 1)) / 1;
    pan.x = Math.max(-most(before.clientWidth), Math.min(0, pan.x));
    pan.y = Math.max(-most(before.clientHeight), Math.min(0, pan.y));
    const near = `translate(${pan.x}px, ${pan.y}px) scale(${scale})`;
    before.style.transform = near;
    after.style.transform = `${near} ${aligned()}`;
    const mode = compare.dataset.mode;
    frames[1].style.clipPath = mode === "slider" ? `inset(0 0 0 ${divider.value}%)` : "";
    frames[1].style.opacity = mode === "overlay" ? Number(divider.value) / 100 : "";
  }

  function show(mode) {
    compare.dataset.mode = mode;
    for (const button of document.querySelectorAll("[data-mode][aria-pressed]"))
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    document.getElementById("divider-label").hidden = mode === "side";
    for (const word of document.querySelectorAll("[data-for]")) word.hidden = word.dataset.for !== mode;
    draw();
  }
  for (const button of document.querySelectorAll("[data-mode][aria-pressed]"))
    button.addEventListener("click", () => show(button.dataset.mode));
  divider.addEventListener("input", draw);
  zoom.addEventListener("input", draw);
  addEventListener("resize", draw);
  for (const image of [before, after]) image.addEventListener("load", draw);

  // ---- aligning: the same two places on both, by turns
  const start = document.getElementById("align-start");
  const say = document.getElementById("align-say");
  const words = ["first", "second", "third", "fourth"];
  function ask() {
    const turn = aligning.length;
    say.textContent = say.dataset[words[turn]];
    say.hidden = false;
    frames.forEach((frame, number) => {
      if (number === turn % 2) frame.dataset.choosing = "yes";
      else delete frame.dataset.choosing;
    });
    frames[turn % 2].focus();
  }
  function chosen(number, x, y) {
    if (!aligning || aligning.length % 2 !== number) return;
    aligning.push([x, y]);
    if (aligning.length < 4) return ask();
    const [a, c, b, d] = aligning;
    const form = document.getElementById("align");
    form.elements.points.value = JSON.stringify([a, b, c, d]);
    form.submit();
  }
  start?.addEventListener("click", () => {
    aligning = [];
    zoom.value = 100;
    show("side");
    ask();
  });

  frames.forEach((frame, number) => {
    const picker = placeable(frame, frame.querySelector("img"), (x, y) => chosen(number, x, y));
    let held = null;
    frame.addEventListener("pointerdown", (event) => {
      if (aligning) return chosen(number, ...picker.place(event));
      held = { x: event.clientX - pan.x, y: event.clientY - pan.y };
      frame.setPointerCapture(event.pointerId);
    });
    frame.addEventListener("pointermove", (event) => {
      if (!held) return;
      Object.assign(pan, { x: event.clientX - held.x, y: event.clientY - held.y });
      draw();
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (held = null));
    frame.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
      const move = moves[event.key];
      if (!move || zoom.value === "100") return;
      pan.x += move[0];
      pan.y += move[1];
      event.preventDefault();
      draw();
    });
  });
  draw();
}
