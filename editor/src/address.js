// The query that came with the address of the page, and an address that carries a query. "endpoint" is never read.

const inSearch = (location) => new URLSearchParams(location.search).get("query");
const inHash = (location) => new URLSearchParams(location.hash.slice(1)).get("query");

/** The query of `#query=…`, else of `?query=…`, else null. */
export function askedInAddress(location) {
  return inHash(location) ?? inSearch(location);
}

/** This page with `query` in the fragment: a browser sends that to no server, and it has no length limit there. */
export function addressWith(location, query) {
  const lang = new URLSearchParams(location.search).get("lang");
  return `${location.pathname}${lang === null ? "" : `?${new URLSearchParams({ lang })}`}#${new URLSearchParams({ query })}`;
}
