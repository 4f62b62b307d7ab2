// SPDX-License-Identifier: Apache-2.0
// nabla tokenizer: learns one from texts, and shows what one makes of a text.

import { basename, dirname, join } from 'node:path';

import { type Command, Option } from '@commander-js/extra-typings';
import {
  CharacterTokenizer,
  PretrainedTokenizer,
  type TrainTokenizerOptions,
  readText,
  trainBytePairEncoding,
  trainWordPiece,
} from '@nabla/data';
import { createColors } from 'picocolors';

import { fetchModel, modelArgument } from '../find-model.ts';
import { STDIN, readText as readInput } from '../input.ts';
import { examples, integer } from '../options.ts';
import type { Output } from '../output.ts';
import { table } from '../render/table.ts';

const KINDS = ['bpe', 'wordpiece', 'character'] as const;

export function addTokenizerCommand(program: Command, output: Output, input: NodeJS.ReadableStream): void {
  const tokenizer = program.command('tokenizer').description('learn a tokenizer, or look at one');
  tokenizer
    .command('train')
    .description("learn a tokenizer from texts and write it as Hugging Face's tokenizer.json")
    .argument('<files...>', 'texts in UTF-8')
    .addOption(new Option('--kind <kind>', 'how words become tokens').choices(KINDS).default('bpe'))
    .option('--vocabulary <size>', 'the most tokens; a character tokenizer has as many as there are', integer(1), 8000)
    .option('--minimum-frequency <count>', 'leave pairs apart that are there less often', integer(0), 2)
    .option('-o, --out <folder>', 'where to write tokenizer.json', 'tokenizer')
    .addHelpText('after', examples('nabla tokenizer train book.txt --vocabulary 4000 -o my-tokenizer'))
    .action(async (files, { kind, vocabulary, minimumFrequency, out: path }) => {
      const out = basename(path) === 'tokenizer.json' ? dirname(path) : path;
      if (kind === 'character') {
        const texts = await Promise.all(files.map(readText));
        const characters = CharacterTokenizer.train(texts.join(''));
        await characters.save(join(out, 'tokenizer.json'));
        output.note(`${String(characters.size)} tokens`);
      } else {
        const train = kind === 'bpe' ? trainBytePairEncoding : trainWordPiece;
        const trained = await train(linesOf(files), {
          vocabularySize: vocabulary,
          minimumFrequency,
          ...progressOn(output),
        });
        await trained.save(out);
        output.note(`${String(trained.size)} tokens`);
      }
      output.result(join(out, 'tokenizer.json'));
    });
  tokenizer
    .command('show')
    .description('print the tokens of a text and their ids')
    .argument('<model>', modelArgument('a tokenizer'))
    .argument('<text>', `what to cut into tokens; ${STDIN}: what stdin has`)
    .option('--plain', 'without the special tokens that the model wants around a text')
    .option('--json', 'print one JSON object with ids and tokens')
    .addHelpText('after', examples('nabla tokenizer show openai-community/gpt2 "Hello, world"'))
    .action(async (source, given, { plain = false, json }) => {
      const text = given === STDIN ? await readInput(input) : given;
      const loaded = await PretrainedTokenizer.fromFolder(await fetchModel(source, output, { weights: false }));
      const { ids } = loaded.encode(text, { addSpecialTokens: !plain });
      if (json === true) {
        const shown = { event: 'tokenizer', text, ids, tokens: ids.map((id) => loaded.tokenOf(id) ?? null) };
        return output.result(JSON.stringify(shown));
      }
      const { cyan, yellow } = createColors(output.terminal !== undefined);
      const tokens = ids.map((id) => loaded.tokenOf(id) ?? '');
      output.result(tokens.map((token, i) => (i % 2 === 0 ? cyan(token) : yellow(token))).join(' '));
      const rows = ids.map((id, i) => [
        String(id),
        tokens[i] ?? '',
        JSON.stringify(loaded.decode([id], { skipSpecialTokens: false })),
      ]);
      output.result(table(['id', 'token', 'text'], rows));
    });
}

/** The lines of files, with their ends: a word may begin after one, and never goes over it. */
async function* linesOf(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) yield* (await readText(file)).split(/(?<=\n)/);
}

/** Says how far the training is, where somebody is watching. */
function progressOn(output: Output): Pick<TrainTokenizerOptions, 'onProgress'> {
  const { terminal } = output;
  if (terminal === undefined) return {};
  return {
    onProgress: ({ stage, done, total }) => {
      const end = done === total ? '\n' : '\r';
      terminal.write(
        stage === 'reading' ? `${String(done)} lines\r` : `${String(done)} of ${String(total)} tokens${end}`,
      );
    },
  };
}
