// Taking a photo with the camera over a ghost of the first one; it goes into the form like a file.
"use strict";

const camera = document.getElementById("camera");
const video = camera.querySelector("video");
const ghost = document.getElementById("ghost");
const opacity = document.getElementById("ghost-opacity");
const takers = [...document.querySelectorAll("[data-camera]")];
let facing = "environment";
let stream = null;
let taker = null;

if (navigator.mediaDevices?.getUserMedia) for (const button of takers) button.hidden = false;

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = video.srcObject = null;
}

async function start() {
  stop();
  const refused = document.getElementById("camera-refused");
  const wanted = { facingMode: facing, width: { ideal: 4000 }, height: { ideal: 3000 } };
  try {
    const found = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    stream = found;
    if (!camera.open) return stop(); // closed while the browser was asking
    video.srcObject = stream;
    refused.hidden = true;
  } catch {
    refused.hidden = false;
  }
}

function shine() {
  ghost.style.opacity = Number(opacity.value) / 100;
}

function aim(button) {
  taker = button;
  document.getElementById("camera-title").textContent = button.dataset.title;
  const first = button.dataset.ghost;
  ghost.hidden = document.getElementById("ghost-label").hidden = !first;
  if (first) ghost.src = first;
  else ghost.removeAttribute("src");
}

for (const button of takers)
  button.addEventListener("click", () => {
    aim(button);
    camera.showModal();
    shine();
    start();
  });
opacity.addEventListener("input", shine);
camera.addEventListener("close", stop);
document.getElementById("camera-turn").addEventListener("click", () => {
  facing = facing === "environment" ? "user" : "environment";
  start();
});

document.getElementById("camera-take").addEventListener("click", () => {
  if (!video.videoWidth) return;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob(keep, "image/jpeg", 0.95);
});

// The photo becomes the chosen file of its view; then the next view is aimed at.
function keep(blob) {
  const files = new DataTransfer();
  files.items.add(new File([blob], `${taker.dataset.camera}.jpg`, { type: "image/jpeg" }));
  const input = document.getElementById(taker.dataset.camera);
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  const next = takers.slice(takers.indexOf(taker) + 1).find((button) => !document.getElementById(button.dataset.camera).files.length);
  if (next) aim(next);
  else camera.close();
}
