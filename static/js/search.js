// The search box: "/" goes there, arrows walk through the results, Escape closes them.
"use strict";

const box = document.getElementById("search-box");
const results = document.getElementById("search-results");

const isTyping = (element) =>
  element.matches("input, textarea, select, [contenteditable]") || element.closest("dialog[open]");

if (box && results) {
  const close = () => {
    results.hidden = true;
  };
  const open = () => {
    results.hidden = box.value.trim() === "" || results.childElementCount === 0;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  results.addEventListener("htmx:afterSwap", open);
  box.addEventListener("focus", open);
  box.addEventListener("input", () => {
    if (box.value.trim() === "") close();
  });

  const search = box.closest(".search");
  search.addEventListener("keydown", (event) => {
    const links = results.hidden ? [] : [...results.querySelectorAll("a[href]")];
    const here = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      box.focus();
      close();
    } else if (event.key === "ArrowDown" && links.length) {
      event.preventDefault();
      links[Math.min(here + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && here >= 0) {
      event.preventDefault();
      (links[here - 1] || box).focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!search.contains(event.target)) close();
  });
  search.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !search.contains(event.relatedTarget)) close();
  });
}
