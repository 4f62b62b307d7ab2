// SPDX-License-Identifier: Apache-2.0
// Checks that every source file starts with its licence and a sentence that says what it is.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root } from '../stage.mjs';
import { repositoryFiles } from './files.mjs';

const SOURCES = [
  '.ts',
  '.mjs',
  '.cjs',
  '.js',
  '.h',
  '.cc',
  '.def',
  '.cu',
  '.cuh',
  '.cmake',
  '.py',
  '.sh',
  'CMakeLists.txt',
];

/** What is missing at the head of a source file, or undefined. */
export function headerProblem(text) {
  const lines = text.split('\n').filter((line, index) => !(index === 0 && line.startsWith('#!')));
  if (!/^(\/\/|#) SPDX-License-Identifier: Apache-2\.0$/.test(lines[0] ?? '')) {
    return 'its first line must be `// SPDX-License-Identifier: Apache-2.0` (`#` where that is the comment sign)';
  }
  if (!/^((\/\/|#) |""")\S/.test(lines[1] ?? ''))
    return 'its second line must be one sentence that says what the file is';
  return undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = repositoryFiles(SOURCES)
    .map((path) => [path, headerProblem(readFileSync(join(root, path), 'utf8'))])
    .filter(([, problem]) => problem !== undefined);
  for (const [path, problem] of problems) console.error(`${path}: ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
