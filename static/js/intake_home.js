// The questionnaire in a patient's hand: one part at a time, kept on the phone until the clinic
// has it. Without this script it is one long page with one button.
"use strict";

const PREFIX = "intake-draft:";
const form = document.querySelector("#intake[data-keep]");
const RETRY = 8000; // milliseconds
const PAUSE = 700;

function shelf() {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + form.dataset.key)) || {};
  } catch {
    return {};
  }
}
function put(waiting) {
  try {
    if (Object.keys(waiting).length)
      localStorage.setItem(PREFIX + form.dataset.key, JSON.stringify(waiting));
    else localStorage.removeItem(PREFIX + form.dataset.key);
  } catch {
    // A phone that keeps nothing: the clinic's copy is enough.
  }
}

// What belongs to one question is sent together: its answer, its date, its words.
const stem = (name) => name.replace(/-(date|note|none)$/, "");
function fieldsOf(name) {
  return [...form.elements].filter((field) => field.name && stem(field.name) === name);
}
function valuesOf(name) {
  const values = {};
  for (const field of fieldsOf(name)) {
    if (field.type === "radio") {
      if (field.checked) values[field.name] = field.value;
    } else if (field.type === "checkbox") {
      if (field.checked) values[field.name] = "on";
    } else values[field.name] = field.value;
  }
  return values;
}
function restore(values) {
  for (const [name, value] of Object.entries(values)) {
    for (const field of [...form.elements].filter((one) => one.name === name)) {
      if (field.type === "radio") field.checked = field.value === value;
      else if (field.type === "checkbox") field.checked = value === "on";
      else field.value = value;
    }
  }
}

const state = document.querySelector("[data-state]");
let timer = 0;
let sending = false;
function later(pause) {
  clearTimeout(timer);
  timer = setTimeout(send, pause);
}
async function send() {
  const waiting = shelf();
  const names = Object.keys(waiting);
  if (!names.length || sending) return;
  sending = true;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const values of Object.values(waiting))
    for (const [name, value] of Object.entries(values)) body.set(name, value);
  try {
    const answer = await fetch(form.dataset.keep, { method: "POST", body, redirect: "manual" });
    if (answer.status === 200) {
      const now = shelf(); // what was changed while it was on its way still waits
      for (const name of names)
        if (JSON.stringify(now[name]) === JSON.stringify(waiting[name])) delete now[name];
      put(now);
      state.textContent = form.dataset.kept;
      if (Object.keys(now).length) later(PAUSE);
    } else if (answer.status === 422) {
      state.textContent = (await answer.json()).problem;
    } else if (answer.status === 409) {
      put({});
      state.textContent = form.dataset.over;
    } else {
      state.textContent = form.dataset.away;
      later(RETRY);
    }
  } catch {
    state.textContent = form.dataset.away;
    later(RETRY);
  } finally {
    sending = false;
  }
}

function steps() {
  const parts = [...form.querySelectorAll(".q-group")];
  const [back, next] = [form.querySelector("[data-back]"), form.querySelector("[data-next]")];
  const end = form.querySelector("[data-hand-in]");
  const progress = form.querySelector("[data-progress]");
  const wrong = form.querySelector("[aria-invalid='true']");
  let at = Math.max(0, parts.findIndex((part) => part.contains(wrong)));
  const show = (moved) => {
    parts.forEach((part, number) => (part.hidden = number !== at));
    back.hidden = at === 0;
    next.hidden = at === parts.length - 1;
    end.hidden = at !== parts.length - 1;
    progress.hidden = parts.length < 2;
    const words = form.dataset.step.replace("{n}", at + 1).replace("{all}", parts.length);
    progress.querySelector("p").textContent = words;
    progress.querySelector("progress").value = at + 1;
    if (moved) {
      scrollTo({ top: 0 });
      progress.querySelector("p").focus({ preventScroll: true });
    }
  };
  const go = (by) => {
    at += by;
    show(true);
  };
  back.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  show(false);
}

if (form) {
  for (const values of Object.values(shelf())) restore(values);
  form.addEventListener("input", (event) => {
    const name = event.target.name && stem(event.target.name);
    if (!name || name === "csrfmiddlewaretoken") return;
    const waiting = shelf();
    waiting[name] = valuesOf(name);
    put(waiting);
    later(PAUSE);
  });
  addEventListener("online", () => later(0));
  addEventListener("pagehide", () => later(0));
  steps();
  later(0);
} else {
  // Handed in: nothing of it stays on this device.
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}
