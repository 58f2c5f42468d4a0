// What can be written here: classes and properties by name or by label, prefixes, variables of the query, keywords.
import { syntaxTree } from "@codemirror/language";

const KEYWORDS = (
  "SELECT DISTINCT REDUCED CONSTRUCT DESCRIBE ASK WHERE FROM NAMED GRAPH OPTIONAL UNION MINUS FILTER BIND AS VALUES UNDEF " +
  "EXISTS NOT IN GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET PREFIX BASE COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT " +
  "STR LANG LANGMATCHES DATATYPE BOUND IRI STRLEN SUBSTR UCASE LCASE STRSTARTS STRENDS CONTAINS STRBEFORE STRAFTER " +
  "CONCAT REPLACE REGEX ABS ROUND CEIL FLOOR YEAR MONTH DAY NOW COALESCE IF STRLANG STRDT isIRI isBLANK isLITERAL isNUMERIC"
).split(" ");
const MOST = 80;
const WORD = /[\p{L}\p{N}_][\p{L}\p{N}_.:-]*$|:[\p{L}\p{N}_.-]*$/u;

/** A CodeMirror completion source over `vocabulary`, a promise; labels in `lang`. */
export function completions(vocabulary, lang, texts) {
  return async (context) => {
    const node = syntaxTree(context.state).resolveInner(context.pos, -1).name;
    if (node === "Comment" || node === "String") return null;
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const text = context.state.doc.toString();
    const prefix = /\bPREFIX\s+([\w-]*)$/i.exec(before);
    if (prefix) return found(context.pos - prefix[1].length, declarations(await vocabulary, prefix[1]));
    const variable = /[?$](\w*)$/.exec(before);
    if (variable) return found(context.pos - variable[0].length, variables(text, context.pos, variable[0]));
    if (/<[^<>\s]*$/.test(before)) return null;
    const word = WORD.exec(before)?.[0] ?? "";
    if (!word && !context.explicit) return null;
    const known = await vocabulary;
    const afterType = /(?:^|\s)(?:a|rdf:type)\s+$/.test(before.slice(0, before.length - word.length));
    const rows = afterType ? known.classes.map(as("class")) : [...known.properties.map(as("property")), ...known.classes.map(as("class"))];
    const options = ranked(rows, word, lang)
      .slice(0, MOST)
      .map((row) => termOption(row, known.prefixes, lang, texts));
    if (!afterType && !word.includes(":")) options.push(...keywords(word));
    return found(context.pos - word.length, options);
  };
}

const as = (kind) => (row) => ({ ...row, kind });

function found(from, options) {
  return options.length ? { from, options, filter: false } : null;
}

/** Rows that have every letter of `word`, the best first: name from its start, then label, then anywhere. */
function ranked(rows, word, lang) {
  const wanted = word.toLowerCase();
  const scored = [];
  for (const row of rows) {
    const name = row.name.toLowerCase();
    const local = name.slice(name.indexOf(":") + 1);
    const label = labelOf(row, lang).toLowerCase();
    const scores = [
      name.startsWith(wanted) || local.startsWith(wanted) ? 0 : 9,
      label.startsWith(wanted) ? 1 : 9,
      label.includes(` ${wanted}`) ? 2 : 9,
      name.includes(wanted) ? 3 : 9,
    ];
    const score = Math.min(...scores);
    if (score < 9) scored.push([score, row]);
  }
  scored.sort((a, b) => a[0] - b[0] || (a[1].name < b[1].name ? -1 : 1));
  return scored.map(([, row]) => row);
}

function labelOf(row, lang) {
  return row.label?.[lang] ?? row.label?.nl ?? row.label?.en ?? "";
}

function termOption(row, prefixes, lang, texts) {
  const kind = row.kind === "class" ? texts.class : texts.property;
  const label = labelOf(row, lang);
  return {
    label: row.name,
    detail: label ? `${label} (${kind})` : kind,
    type: row.kind,
    apply: (view, _, from, to) => view.dispatch(withDeclaration(view.state, row.name, prefixes, from, to)),
  };
}

/** `name` at its place and, when the query does not declare its prefix yet, the declaration at the top. */
function withDeclaration(state, name, prefixes, from, to) {
  const changes = [{ from, to, insert: name }];
  const prefix = name.slice(0, Math.max(name.indexOf(":"), 0));
  const declared = new RegExp(`\\bPREFIX\\s+${prefix.replace(/[.-]/g, "\\$&")}:`, "i").test(state.doc.toString());
  if (!name.startsWith("<") && !declared && Object.hasOwn(prefixes, prefix)) {
    changes.unshift({ from: 0, insert: `PREFIX ${prefix}: <${prefixes[prefix]}>\n` });
  }
  const shift = changes.length > 1 ? changes[0].insert.length : 0;
  return { changes, selection: { anchor: from + shift + name.length }, userEvent: "input.complete", scrollIntoView: true };
}

function declarations({ prefixes }, typed) {
  return Object.entries(prefixes)
    .filter(([prefix]) => prefix.startsWith(typed))
    .map(([prefix, namespace]) => ({ label: `${prefix}: <${namespace}>`, type: "namespace" }));
}

function variables(text, pos, typed) {
  const names = new Set();
  for (const match of text.matchAll(/[?$][\p{L}\p{N}_]+/gu)) {
    if (match.index + match[0].length !== pos) names.add(match[0]); // not the one being typed
  }
  return [...names].filter((name) => name.startsWith(typed)).sort().map((label) => ({ label, type: "variable" }));
}

function keywords(word) {
  if (!word) return [];
  const wanted = word.toLowerCase();
  return KEYWORDS.filter((keyword) => keyword.toLowerCase().startsWith(wanted)).map((label) => ({ label, type: "keyword" }));
}
