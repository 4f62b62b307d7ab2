// SPDX-License-Identifier: Apache-2.0
// nabla embed: vectors of texts, or how alike texts are.

import type { Command } from '@commander-js/extra-typings';
import { SentenceEmbedder, cosineOf } from '@nabla/models';

import { checkAbility } from '../abilities.ts';
import { chooseDevice, deviceOption } from '../device.ts';
import { findModel, modelArgument } from '../find-model.ts';
import { STDIN, readLines } from '../input.ts';
import { examples } from '../options.ts';
import type { Output } from '../output.ts';
import { table } from '../render/table.ts';
import { storageOption } from '../storage.ts';

export function addEmbedCommand(program: Command, output: Output, input: NodeJS.ReadableStream): void {
  program
    .command('embed')
    .description('make vectors of texts with a published sentence encoder')
    .argument('<model>', modelArgument())
    .argument('[text...]', `texts; ${STDIN}, or nothing: the lines of stdin`)
    .addOption(deviceOption())
    .addOption(storageOption())
    .option('--json', 'print one JSON object per text, with its vector; else a table of how alike the texts are')
    .addHelpText(
      'after',
      examples(
        'nabla embed sentence-transformers/all-MiniLM-L6-v2 "A man eats." "A woman eats." "It rains."',
        'nabla embed ./all-MiniLM-L6-v2 --json < sentences.txt > vectors.jsonl',
      ),
    )
    .action(async (source, words, { json, device, storage }, command) => {
      const texts = await readLines(words, input, command);
      const found = await findModel(source, output);
      await checkAbility('embed', found);
      chooseDevice(device, output);
      const embedder = await SentenceEmbedder.fromFolder(found.folder, { storage });
      try {
        const rows = await embedder.embed(texts);
        if (json === true) {
          texts.forEach((text, i) => output.result(JSON.stringify({ text, embedding: [...(rows[i] ?? [])] })));
        } else {
          output.result(table(['cosine', ...texts.map((_, i) => String(i + 1))], similarities(texts, rows)));
        }
      } finally {
        embedder.dispose();
      }
    });
}

/** A row for each text: its number and beginning, and its cosine with each. */
function similarities(texts: readonly string[], rows: readonly Float32Array[]): string[][] {
  return rows.map((row, i) => {
    const text = texts[i] ?? '';
    const shown = text.length > 40 ? `${text.slice(0, 39)}…` : text;
    return [`${i + 1}  ${shown}`, ...rows.map((other) => cosineOf(row, other).toFixed(3))];
  });
}
