// Live progress, typing, and refreshes that fail. Pages work without it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const progress = document.querySelector("[data-events]");
  if (!progress) return;
  const bar = document.getElementById("bar");
  const events = new EventSource(progress.dataset.events);
  events.onopen = () => old(false);
  events.onerror = () => old(true);
  events.onmessage = (message) => {
    const { text, part, done } = JSON.parse(message.data);
    if (done) {
      events.close();
      location.reload();
      return;
    }
    if (progress.textContent !== text) progress.textContent = text;
    if (bar && part !== null) bar.value = part;
  };
});

// Something typed and not sent stays: a part of a page is not read again while the cursor is in one of its fields.
document.addEventListener("htmx:before:request", (event) => {
  const part = event.target;
  const field = document.activeElement;
  const typing = field && field.matches("input:not([type=hidden]), select, textarea") && part.contains(field);
  if (typing && part !== field && part.hasAttribute("hx-trigger")) event.preventDefault();
});

// A part of a page that cannot be read again stays as it was: the page says so.
const old = (isOld) => {
  const note = document.getElementById("old");
  if (note) note.hidden = !isOld;
};
document.addEventListener("htmx:after:request", (event) => old(event.detail.ctx.response.status >= 400));
document.addEventListener("htmx:error", () => old(true));
