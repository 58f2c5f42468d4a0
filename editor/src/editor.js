// CodeMirror in the place of the form's <textarea>, which keeps the value. Tab moves on: nobody is trapped in here.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { LanguageSupport, HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { styleTags, tags } from "@lezer/highlight";
import { minimalSetup } from "codemirror";
import { SparqlLanguage } from "codemirror-lang-sparql";
import { completions } from "./completion.js";
import { wording } from "./results.js";

// The grammar leaves prefixed names outside a verb, language tags and "a" without a colour.
const language = SparqlLanguage.configure({
  props: [styleTags({ "Pname_ln Pname_ns": tags.propertyName, Langtag: tags.annotation, A_predicate: tags.keyword })],
});

// Classes, not colours: those are in editor.css, where light and dark are, and their contrast is tested.
const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool], class: "tok-keyword" },
  { tag: tags.comment, class: "tok-comment" },
  { tag: [tags.string, tags.annotation, tags.typeName], class: "tok-string" },
  { tag: [tags.integer, tags.float], class: "tok-number" },
  { tag: tags.variableName, class: "tok-variable" },
  { tag: [tags.propertyName, tags.namespace, tags.url], class: "tok-name" },
]);

/**
 * The editor over `textarea`: `text()`, `replace(text)` (can be undone), `focus()`, `showError({line, column, detail})`
 * that underlines a place and returns a function that goes there (null when the problem names none), `clearError()`.
 */
export function createEditor(textarea, { texts, vocabulary, nonce, submit }) {
  const view = new EditorView({
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (submit(), true) }])),
        minimalSetup,
        lineNumbers(),
        bracketMatching(),
        closeBrackets(),
        keymap.of([...closeBracketsKeymap, ...completionKeymap]),
        autocompletion({ override: [completions(vocabulary, texts.lang, texts)], icons: false }),
        new LanguageSupport(language),
        syntaxHighlighting(highlighting),
        EditorView.lineWrapping,
        EditorView.domEventHandlers({ beforeinput: replaceOurselves }),
        EditorState.phrases.of(texts.phrases),
        EditorView.cspNonce.of(nonce),
        EditorView.contentAttributes.of({
          "aria-label": texts.editor_label,
          "aria-describedby": "sparql-hint",
          "aria-required": "true",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) textarea.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  textarea.before(view.dom);
  textarea.hidden = true;
  textarea.required = false; // a hidden required field would block the form without a word
  for (const label of textarea.labels) label.addEventListener("click", () => view.focus());

  return {
    text: () => view.state.doc.toString(),
    focus: () => view.focus(),
    replace(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 } });
    },
    clearError() {
      view.dispatch(setDiagnostics(view.state, []));
      view.contentDOM.removeAttribute("aria-invalid");
    },
    showError(problem) {
      const range = rangeOf(view.state.doc, problem.line, problem.column);
      if (range === null) return null;
      const message = wording(problem, "detail", texts.lang);
      view.dispatch(setDiagnostics(view.state, [{ ...range, severity: "error", message, renderMessage: asText(message) }]));
      view.contentDOM.setAttribute("aria-invalid", "true");
      return () => {
        view.dispatch({ selection: { anchor: range.from, head: range.to }, scrollIntoView: true });
        view.focus();
      };
    },
  };
}

/**
 * Typing over a selection. Chromium would keep the colour of what it deletes in a style attribute of its own making,
 * which our policy refuses (and reports): so the browser does not get to do it.
 */
function replaceOurselves(event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (event.inputType !== "insertText" || event.data === null || empty || view.composing) return false;
  event.preventDefault();
  const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const handlers = view.state.facet(EditorView.inputHandler);
  if (!handlers.some((handle) => handle(view, from, to, event.data, insert))) view.dispatch(insert());
  return true;
}

const asText = (message) => () => document.createTextNode(message);

/**
 * The characters to underline for a place counted from 1, columns in Unicode code points: the word that starts there,
 * else the last one before it (an error at the end of a query has nothing of its own to underline).
 */
export function rangeOf(doc, line, column) {
  if (!Number.isInteger(line) || line < 1 || line > doc.lines) return null;
  const row = doc.line(line);
  const start = [...row.text].slice(0, Math.max((Number.isInteger(column) ? column : 1) - 1, 0)).join("").length;
  const word = /^[^\s]+/.exec(row.text.slice(start));
  if (word) return { from: row.from + start, to: row.from + start + word[0].length };
  const before = /\S+\s*$/.exec(doc.sliceString(0, row.from + start));
  if (!before) return doc.length ? { from: 0, to: doc.length } : null;
  return { from: before.index, to: before.index + before[0].trimEnd().length };
}
