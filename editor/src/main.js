// The page of the SPARQL endpoint with JavaScript. Without it the same form works by itself.
//
// It refuses three things: to run a query that came with the address, to talk to any endpoint but the form's own
// (an "endpoint" in the address is not even read), and to put a value from a result into the page as markup.
import { createEditor } from "./editor.js";
import { askedInAddress, addressWith } from "./address.js";
import { run, ProblemError } from "./endpoint.js";
import { makeResults } from "./results.js";
import { loadVocabulary } from "./vocabulary.js";

const nonce = document.currentScript?.nonce ?? "";
const form = document.getElementById("sparql-form");
if (form) start(form);

function start(form) {
  const texts = JSON.parse(form.dataset.texts);
  const part = (name) => form.ownerDocument.getElementById(`sparql-${name}`);
  const vocabulary = loadVocabulary(form.dataset.vocabulary);
  const editor = createEditor(form.elements.namedItem("query"), { texts, vocabulary, nonce, submit: () => ask() });
  const results = makeResults(part("results"), {
    texts,
    spaces: JSON.parse(form.dataset.spaces),
    home: form.dataset.home,
    longestAddress: Number(form.dataset.longestAddress),
  });
  const status = part("status");
  const stop = part("stop");
  let running = null;

  for (const element of document.querySelectorAll("[data-with-script]")) {
    element.hidden = element.dataset.withScript === "hide";
  }
  showAsked();
  window.addEventListener("hashchange", showAsked);

  function showAsked() {
    const query = askedInAddress(window.location);
    if (query !== null && query !== editor.text()) editor.replace(query);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  stop.addEventListener("click", () => running?.abort());
  part("examples")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = event.currentTarget.elements.namedItem("example").selectedOptions[0];
    editor.replace(chosen.dataset.query);
    editor.focus();
    say(texts.example_shown);
  });

  function say(text) {
    status.textContent = text;
  }

  function busy(controller) {
    running = controller;
    stop.disabled = controller === null;
    form.setAttribute("aria-busy", String(controller !== null));
  }

  async function ask() {
    running?.abort();
    const controller = new AbortController();
    const query = editor.text();
    const hadFocus = () => document.activeElement === stop;
    editor.clearError();
    results.clear();
    busy(controller);
    say(texts.running);
    const started = performance.now();
    try {
      const answer = await run(form.dataset.endpoint, query, { signal: controller.signal, lang: form.dataset.lang });
      const seconds = (performance.now() - started) / 1000;
      const known = await vocabulary;
      if (running !== controller) return;
      results.show(answer, known, { query, action: form.dataset.endpoint, link: addressWith(window.location, query) });
      say(results.summary(answer, seconds));
    } catch (error) {
      if (running !== controller) return; // a later question took its place
      say(error.name === "AbortError" ? texts.stopped : texts.failed);
      if (error.name !== "AbortError") failed(error, query);
    } finally {
      if (running === controller) {
        const focused = hadFocus();
        busy(null);
        if (focused) editor.focus(); // a disabled button loses the focus to nowhere
      }
    }
  }

  function failed(error, query) {
    const known = error instanceof ProblemError;
    const place = known && editor.text() === query ? editor.showError(error.problem) : null;
    results.showError(known ? error.problem : { title: texts.no_connection, detail: texts.no_connection_detail }, place);
  }
}
