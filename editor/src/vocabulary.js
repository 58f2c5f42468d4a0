// The classes, properties and prefixes that completion offers and that shorten the IRIs of a result.

const NOTHING = { prefixes: {}, classes: [], properties: [] };

/** The vocabulary at `address`; an empty one when it cannot be had, for the editor works without it too. */
export async function loadVocabulary(address) {
  try {
    const response = await fetch(address, { mode: "same-origin", credentials: "omit", redirect: "error" });
    return response.ok ? { ...NOTHING, ...(await response.json()) } : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** `prefix:local` for an IRI of the longest matching namespace, else the IRI itself. */
export function shorten(iri, prefixes) {
  let best = iri;
  let longest = 0;
  for (const [prefix, namespace] of Object.entries(prefixes)) {
    const local = iri.slice(namespace.length);
    if (namespace.length > longest && iri.startsWith(namespace) && /^[\w][\w.-]*$/.test(local)) {
      best = `${prefix}:${local}`;
      longest = namespace.length;
    }
  }
  return best;
}
