// Patient pages: a form is sent once, and the first wrong answer is in view.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 8000);
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

const mistake = document.querySelector(".is-invalid, [aria-invalid='true'], .errorlist");
if (mistake) {
  mistake.scrollIntoView({ block: "center" });
  const field = mistake.matches("input, select, textarea")
    ? mistake
    : mistake.parentElement.querySelector("input, select, textarea");
  if (field) field.focus({ preventScroll: true });
}
