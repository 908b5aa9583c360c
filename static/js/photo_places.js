// Choosing a place on a picture: with a finger or a mouse, or with the arrow keys and Enter.
"use strict";

const PLACES = 10000; // a side of the picture in the numbers that are kept

// `frame` holds the picture; `choose(x, y, event)` is told each place in ten-thousandths.
function placeable(frame, picture, choose) {
  const cross = document.createElement("span");
  cross.className = "cross";
  cross.hidden = true;
  frame.append(cross);
  let at = { x: 0.5, y: 0.5 };
  const show = () => {
    const box = picture.getBoundingClientRect();
    const outer = frame.getBoundingClientRect();
    cross.style.left = `${box.left - outer.left + at.x * box.width}px`;
    cross.style.top = `${box.top - outer.top + at.y * box.height}px`;
  };
  const whole = (part) => Math.round(Math.min(1, Math.max(0, part)) * PLACES);
  frame.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.05 : 0.01;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (!frame.dataset.choosing) return;
    if (moves[event.key]) {
      at = { x: at.x + moves[event.key][0], y: at.y + moves[event.key][1] };
      at = { x: Math.min(1, Math.max(0, at.x)), y: Math.min(1, Math.max(0, at.y)) };
      cross.hidden = false;
      show();
    } else if (event.key === "Enter" || event.key === " ") {
      choose(whole(at.x), whole(at.y), event);
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  frame.addEventListener("focus", () => {
    cross.hidden = !frame.dataset.choosing;
    show();
  });
  frame.addEventListener("blur", () => (cross.hidden = true));
  return {
    cross,
    // where on the picture a pointer is
    place(event) {
      const box = picture.getBoundingClientRect();
      return [whole((event.clientX - box.left) / box.width), whole((event.clientY - box.top) / box.height)];
    },
  };
}
