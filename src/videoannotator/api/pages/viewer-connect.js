"use strict";

// Leaves the server's address and a key where Video Annotation Viewer, served from this same origin, looks for them.
const main = document.querySelector("main");
const form = document.querySelector("form");
const say = (text) => { document.querySelector("[role=status]").textContent = text; };
const root = location.origin + main.dataset.root;

async function answerOf(path, options) {
  const answer = await fetch(root + path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

function enter(key) {
  localStorage.setItem("videoannotator_api_url", root);
  localStorage.setItem("videoannotator_api_token", key);
  say("Connected.");
  if (main.dataset.viewer) location.replace(main.dataset.root + "/viewer/");
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(error.message);
    form.hidden = false;
  }
}

// The code stands behind the #, which browsers send to nobody; it leaves the address bar at once.
const code = new URLSearchParams(location.hash.slice(1)).get("code");
history.replaceState(null, "", location.pathname);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const key = document.querySelector("#key").value.trim();
  attempt(async () => {
    await answerOf("/api/v1/system/version", { headers: { "X-API-Key": key } });
    enter(key);
  });
});

if (code) {
  say("Connecting …");
  attempt(async () => {
    const body = JSON.stringify({ code });
    const granted = await answerOf("/viewer-connect", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    enter(granted.api_key);
  });
} else {
  say("Type the key of this server.");
  form.hidden = false;
}
