// The questionnaire: how far we are, and "all the rest here: no" as a deliberate click per group.
"use strict";

const form = document.querySelector("form.intake");
const count = document.querySelector("[data-count]");
const named = (root) => {
  const names = new Map();
  for (const radio of root.querySelectorAll(".question input[type='radio']")) {
    if (radio.offsetParent === null) continue; // not asked of this patient
    names.set(radio.name, names.get(radio.name) || radio.checked);
  }
  return names;
};

function tell() {
  const names = [...form.querySelectorAll(".intake-group:not(.intake-staff)")].flatMap((group) => [
    ...named(group).values(),
  ]);
  count.hidden = false;
  count.textContent = `${names.filter(Boolean).length} / ${names.length} ${count.dataset.words}`;
  for (const group of form.querySelectorAll(".intake-group")) {
    const open = [...named(group)].some(([name, done]) => !done && noOf(group, name));
    group.querySelector("[data-rest-no]").hidden = !open || group.classList.contains("intake-staff");
  }
}

function noOf(group, name) {
  const selector = `.question:not(.decides) input[name="${CSS.escape(name)}"][value="no"]`;
  return group.querySelector(selector);
}

if (form && count) {
  form.addEventListener("change", tell);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rest-no]");
    if (!button) return;
    const group = button.closest(".intake-group");
    for (const [name, done] of named(group)) {
      const no = done ? null : noOf(group, name);
      if (no) no.checked = true;
    }
    tell();
  });
  document.querySelector("[data-first-error]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const wrong = form.querySelector("[aria-invalid='true'], .question .invalid-feedback");
    wrong?.closest(".question").scrollIntoView({ block: "center" });
    wrong?.focus?.();
  });
  tell();
}
