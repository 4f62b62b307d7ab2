// SPDX-License-Identifier: Apache-2.0
// Module hooks: every `import` of tfjs-core is answered with the copy that the specs use, so that there is one only.

import { fileURLToPath, pathToFileURL } from 'node:url';

import { answer } from './core-copy.cjs';

let folder;

export function initialize(data) {
  folder = data.folder;
}

export async function resolve(specifier, context, next) {
  const direct = answer(folder, specifier);
  if (direct !== undefined) return { url: pathToFileURL(direct).href, format: 'commonjs', shortCircuit: true };
  const result = await next(specifier, context);
  const file = result.url.startsWith('file:') ? answer(folder, fileURLToPath(result.url)) : undefined;
  return file === undefined ? result : { url: pathToFileURL(file).href, format: 'commonjs', shortCircuit: true };
}
