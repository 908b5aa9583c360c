// Signing is over on this device: what was kept while it went on is wiped.
"use strict";

for (const shelf of [localStorage, sessionStorage])
  for (const key of Object.keys(shelf)) if (key.startsWith("consent-draft:")) shelf.removeItem(key);
