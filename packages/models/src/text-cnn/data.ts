// SPDX-License-Identifier: Apache-2.0
// Texts with classes as the network learns them: which are held out, and how they become words.

import { Generator } from '@nabla/core';
import {
  ArrayDataset,
  ConcatDataset,
  type Dataset,
  type LabelledDataset,
  type LabelledText,
  loadLabelledTexts,
  stratifiedSplit,
} from '@nabla/data';

import type { TokenExample } from '../finetune/batches.ts';
import type { ResolveData } from '../training/recipe.ts';
import type { WordTokenizer } from './word-tokenizer.ts';
import type { TextCnnConfig } from './config.ts';

/** Texts to learn from, to watch while learning, and to measure with. */
export interface TextSplit {
  readonly train: Dataset<LabelledText>;
  readonly validation: Dataset<LabelledText>;
  readonly test: Dataset<LabelledText>;
}

export async function readTexts(
  { textColumn, labelColumn }: Pick<TextCnnConfig, 'textColumn' | 'labelColumn'>,
  data: string,
  resolveData: ResolveData,
): Promise<LabelledDataset<LabelledText>> {
  return loadLabelledTexts(await resolveData(data), { textColumn, labelColumn });
}

/**
 * Deals the texts into folds, of which one is held out, and the others into what is trained on and what is watched: each with the
 * share of every class, the same for the same seed. The folds are the same whichever is held out.
 *
 * @throws {ArgumentError} there are too few texts for so many parts
 */
export function splitTexts(
  texts: LabelledDataset<LabelledText>,
  { folds, fold, validation: part, seed }: Pick<TextCnnConfig, 'folds' | 'fold' | 'validation' | 'seed'>,
): TextSplit {
  const generator = new Generator(seed);
  const parts = stratifiedSplit(texts, texts.labels, new Array<number>(folds).fill(1 / folds), generator);
  const test = parts.slice(fold, fold + 1);
  const others = new ConcatDataset([...parts.slice(0, fold), ...parts.slice(fold + 1)]);
  const labels = Array.from({ length: others.length }, (_, i) => others.get(i).label);
  const [train, validation] = stratifiedSplit(others, labels, [1 - part, part], generator);
  return { train, validation, test: new ConcatDataset(test) };
}

/**
 * A text as its words are looked up: in lower case, one space between words, every sign a word of its own.
 *
 * @example
 * normalize("Great film, isn't it?"); // "great film , isn't it ?"
 */
export function normalize(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{M}\p{N}'’]+|\S/gu) ?? []).join(' ');
}

/** The words of a text, at most so many. */
export function encodeText(text: string, tokenizer: WordTokenizer, maximumLength: number): number[] {
  return tokenizer.encode(normalize(text)).slice(0, maximumLength);
}

export function encodeTexts(
  texts: Dataset<LabelledText>,
  tokenizer: WordTokenizer,
  maximumLength: number,
): Dataset<TokenExample> {
  const all = Array.from({ length: texts.length }, (_, i) => texts.get(i));
  return new ArrayDataset(
    all.map(({ text, label }) => ({ ids: encodeText(text, tokenizer, maximumLength), labels: [label] })),
  );
}
