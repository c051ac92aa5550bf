// Live progress, and focus after a search. Pages work without it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const progress = document.querySelector("[data-events]");
  if (!progress) return;
  const bar = document.getElementById("bar");
  const events = new EventSource(progress.dataset.events);
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
