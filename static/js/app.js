// What every staff page needs beyond HTML: the CSRF header, dialogs, the first wrong field.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});

// <a href="…" data-dialog="id"> or <button data-dialog="id"> opens <dialog id="id">; without
// JavaScript the link leads to a page of its own. data-close closes the dialog it stands in.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog, [popover]")?.close?.();
});

// A form that is on its way is not sent twice; after a moment it may be tried again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A fragment that fails says so on the page; a whole page in place of a fragment means that the
// person was signed out meanwhile, so the browser goes where the server sent it.
function say(text) {
  const notice = document.createElement("div");
  notice.className = "notice notice-danger";
  notice.append(Object.assign(document.createElement("p"), { textContent: text }));
  document.getElementById("messages").replaceChildren(notice);
  scrollTo({ top: 0 });
}
function failed(event) {
  const xhr = event.detail.xhr;
  const plain = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  say(plain && xhr.responseText ? xhr.responseText : document.getElementById("failure").content.textContent);
}
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:beforeSwap", (event) => {
  const xhr = event.detail.xhr;
  if (xhr.status < 400 && /^\s*<!doctype html/i.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    location.assign(xhr.responseURL);
  }
});

function focusFirstMistake(root) {
  const field = root.querySelector(".is-invalid, [aria-invalid='true'], .alert-block, .errorlist");
  if (!field) return;
  const target = field.matches("input, select, textarea")
    ? field
    : field.querySelector("input, select, textarea") || field;
  if (!target.matches("input, select, textarea")) target.setAttribute("tabindex", "-1");
  target.focus();
}
focusFirstMistake(document);
document.addEventListener("htmx:afterSwap", (event) => focusFirstMistake(event.detail.target));

// data-print prints the page.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// The day opens at the present hour.
for (const day of document.querySelectorAll(".day-wrap")) {
  const now = day.querySelector(".day-now");
  if (now) day.scrollTop = now.offsetTop - day.clientHeight / 3;
}
