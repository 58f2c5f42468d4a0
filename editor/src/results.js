// The answer as a page part. Every value goes in as text; the only markup is ours, and only http(s) IRIs become links.
import { shorten } from "./vocabulary.js";

const PAGE = 100; // rows in the document at a time: thousands of them stay quick, also for a screen reader
const LONGEST_TEXT = 200_000; // characters of a graph shown; the downloads have all of it
const XSD = "http://www.w3.org/2001/XMLSchema#";

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => (Object.hasOwn(values, key) ? values[key] : whole));

/** A text of a problem in the language of the page: ours are Dutch, with an English one beside it. */
export function wording(problem, name, lang) {
  return String(problem[`${name}_${lang}`] ?? problem[name] ?? "");
}

export function makeResults(place, { texts, spaces, home, longestAddress }) {
  const number = new Intl.NumberFormat(texts.lang);
  const languages = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });
  const formats = JSON.parse(place.dataset.formats);

  /** The address to visit for an IRI: our own page of a thing of ours, the IRI itself for other http(s); else null. */
  function addressOf(iri) {
    if (!/^https?:\/\//i.test(iri)) return null;
    const space = spaces.find((start) => iri.startsWith(start));
    const path = space === undefined ? "" : iri.slice(space.length);
    return /^(id\/.|ns(#|$))/.test(path) ? `${home}/${path}` : iri;
  }

  function iri(value, prefixes) {
    const address = addressOf(value);
    const text = shorten(value, prefixes);
    return address === null ? element("span", {}, text) : element("a", { href: address, rel: "noreferrer nofollow" }, text);
  }

  function literal(term, prefixes) {
    const lang = term["xml:lang"];
    const text = element("span", {}, String(term.value));
    if (lang !== undefined) {
      if (isKnown(lang)) text.setAttribute("lang", lang);
      return [text, " ", element("small", {}, String(lang))];
    }
    const type = term.datatype;
    return type === undefined || type === `${XSD}string` ? [text] : [text, " ", element("small", {}, shorten(String(type), prefixes))];
  }

  function isKnown(lang) {
    try {
      return /^[a-z]{2,3}(-|$)/i.test(lang) && languages.of(lang) !== undefined;
    } catch {
      return false; // not a language tag at all (RFC 5646)
    }
  }

  function cell(term, prefixes) {
    if (term.type === "uri") return [iri(String(term.value), prefixes)];
    if (term.type === "bnode") return [`_:${term.value}`];
    if (term.type === "triple") {
      const { subject, predicate, object } = term.value;
      return ["<<( ", ...[subject, predicate, object].flatMap((part) => [...cell(part, prefixes), " "]), ")>>"];
    }
    return literal(term, prefixes);
  }

  function table({ variables, rows }, { prefixes }) {
    const body = element("tbody");
    const caption = element("caption", { id: "sparql-caption" });
    const head = element("tr", {}, ...variables.map((name) => element("th", { scope: "col" }, name)));
    const region = element(
      "div",
      { class: "sparql-table", role: "region", tabindex: "0", "aria-labelledby": "sparql-caption" },
      element("table", {}, caption, element("thead", {}, head), body),
    );
    const previous = element("button", { type: "button" }, texts.previous);
    const next = element("button", { type: "button" }, texts.next);
    let first = 0;

    function turn(to) {
      first = to;
      const last = Math.min(first + PAGE, rows.length);
      const shown = rows.slice(first, last).map((row) =>
        element("tr", {}, ...variables.map((name) => element("td", {}, ...(Object.hasOwn(row, name) ? cell(row[name], prefixes) : [])))),
      );
      body.replaceChildren(...shown);
      const values = { first: number.format(rows.length && first + 1), last: number.format(last), total: number.format(rows.length) };
      caption.textContent = fill(texts.rows_shown, values);
      // aria-disabled and not disabled: a button that is disabled while it has the focus loses it to nowhere
      previous.setAttribute("aria-disabled", String(first === 0));
      next.setAttribute("aria-disabled", String(last >= rows.length));
    }
    function go(step) {
      const to = first + step * PAGE;
      if (to < 0 || to >= rows.length) return;
      turn(to);
      announce.textContent = caption.textContent;
    }
    previous.addEventListener("click", () => go(-1));
    next.addEventListener("click", () => go(1));
    const announce = element("p", { role: "status", class: "sparql-quiet" });
    turn(0);
    const parts = [region];
    if (rows.length > PAGE) parts.push(element("nav", { "aria-label": texts.pages }, previous, " ", next), announce);
    return parts;
  }

  function graph({ text }) {
    const shown = text.slice(0, LONGEST_TEXT);
    const parts = [element("pre", { class: "sparql-graph", tabindex: "0", role: "region", "aria-label": texts.graph }, shown)];
    if (shown.length < text.length) parts.push(element("p", {}, texts.graph_cut));
    return parts;
  }

  function downloads(kind, { query, action }) {
    const names = kind === "graph" ? formats.graph : formats.select;
    const items = names.map(({ name, label }) => {
      const address = `${action}?${new URLSearchParams({ query, format: name })}`;
      if (address.length <= longestAddress) return element("li", {}, element("a", { href: address, download: "" }, label));
      const form = element("form", { method: "post", action });
      form.append(
        element("input", { type: "hidden", name: "query", value: query }),
        element("button", { name: "format", value: name }, label),
      );
      return element("li", {}, form);
    });
    return [element("h3", {}, texts.downloads), element("ul", { class: "sparql-downloads" }, ...items)];
  }

  return {
    clear: () => place.replaceChildren(),
    show(answer, vocabulary, { query, action, link }) {
      const shown = { table, graph, boolean: ({ value }) => [element("p", { class: "sparql-answer" }, value ? texts.yes : texts.no)] };
      place.replaceChildren(
        element("h2", {}, texts.results),
        ...shown[answer.kind](answer, vocabulary),
        ...downloads(answer.kind, { query, action }),
        element("p", {}, element("a", { href: link }, texts.link)),
      );
    },
    /** One sentence for the status line; `seconds` is what the reader waited, the network included. */
    summary(answer, seconds) {
      const time = new Intl.NumberFormat(texts.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(seconds);
      if (answer.kind !== "table") return fill(texts.done, { seconds: time });
      const text = answer.rows.length === 1 ? texts.done_row : texts.done_rows;
      return fill(text, { seconds: time, rows: number.format(answer.rows.length) });
    },
    /** A problem in words; `goThere`, when given, moves to the place in the editor. */
    showError(problem, goThere) {
      const box = element("div", { class: "sparql-problem", role: "alert" }, element("h2", {}, wording(problem, "title", texts.lang)));
      box.append(element("p", {}, wording(problem, "detail", texts.lang)));
      if (goThere) {
        const button = element("button", { type: "button" }, fill(texts.go_to_error, { line: problem.line, column: problem.column ?? 1 }));
        button.addEventListener("click", goThere);
        box.append(button);
      }
      place.replaceChildren(box);
    },
  };
}
