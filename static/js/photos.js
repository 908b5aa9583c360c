// Shows a chosen photo in its frame before it is sent.
"use strict";

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !input.files.length) return;
  const frame = input.closest(".photo-slot").querySelector(".photo-frame");
  const preview = frame.querySelector("[data-preview]");
  const address = URL.createObjectURL(input.files[0]);
  preview.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
  preview.addEventListener("error", () => (preview.hidden = true), { once: true });
  preview.alt = input.files[0].name;
  preview.hidden = false;
  preview.src = address;
  frame.querySelector(".photo-none")?.remove();
});
