// SPDX-License-Identifier: Apache-2.0
// Checks package-lock.json: every optional platform package is in it, and no package is tied to an address.

// npm silently drops an optional package that the registry in use does not have; a lockfile written then breaks `npm ci` on
// the platforms that need it. Addresses would tie an install to the registry of whoever wrote the lockfile.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What is wrong with a lockfile, one sentence each. */
export function lockfileProblems({ packages }) {
  const nameOf = (path) => path.split('node_modules/').pop();
  const present = new Set(Object.keys(packages).map(nameOf));
  const problems = [];
  for (const [path, { version, resolved, optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(optionalDependencies)) {
      if (!present.has(name))
        problems.push(`${nameOf(path)}@${version} needs ${name}@${range} on some platform: not in the lockfile`);
    }
    if (/^https?:/.test(resolved ?? '')) problems.push(`${path} is resolved to the address ${resolved}`);
  }
  return problems;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = lockfileProblems(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
