// SPDX-License-Identifier: Apache-2.0
// Texts of different lengths as rows: cut to what fits, and filled up.

import { ArgumentError } from '@nabla/core';
import type { Template, TemplatePart } from './post-processors.ts';

/** Which text of a pair is cut: the longer one, the first, or the second. */
export const truncations = ['longest_first', 'only_first', 'only_second'] as const;
export type Truncation = (typeof truncations)[number];

/** An end of a row. */
export const sides = ['left', 'right'] as const;
export type Side = (typeof sides)[number];

/** How to cut. */
export interface Cut {
  readonly maximumLength: number;
  readonly truncation: Truncation;
  readonly side: Side;
}

/** A text or a pair as a model takes it. */
export interface Row {
  readonly ids: number[];
  readonly typeIds: number[];
}

/**
 * Puts a text or a pair into its template, after cutting so that the whole, special tokens among it, is no longer than `maximumLength`.
 *
 * @throws {ArgumentError} the special tokens alone are longer, or the one text that may be cut is too short (code `LENGTH`)
 */
export function makeRow(
  op: string,
  texts: readonly [number[]] | readonly [number[], number[]],
  template: Template,
  addSpecialTokens: boolean,
  cut?: Cut,
): Row {
  const all = texts.length === 1 ? template.single : template.pair;
  const parts = addSpecialTokens ? all : all.filter((part) => 'sequence' in part);
  const kept = cut === undefined ? texts : truncate(op, texts, countSpecial(parts), cut);
  const row: Row = { ids: [], typeIds: [] };
  for (const part of parts) {
    for (const id of 'ids' in part ? part.ids : (kept[part.sequence] ?? [])) {
      row.ids.push(id);
      row.typeIds.push(part.typeId);
    }
  }
  return row;
}

function countSpecial(parts: readonly TemplatePart[]): number {
  return parts.reduce((count, part) => count + ('ids' in part ? part.ids.length : 0), 0);
}

/**
 * What is left of a text or pair. `longest_first` takes from the longer one until both are as long, then from both alike, as Hugging
 * Face's library does.
 *
 * @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/utils/truncation.rs
 */
function truncate(op: string, texts: readonly number[][], special: number, cut: Cut): number[][] {
  const { maximumLength, truncation, side } = cut;
  const room = maximumLength - special;
  const lengths = texts.map((text) => text.length);
  const [first = 0, second = 0] = lengths;
  const excess = first + second - room;
  if (excess <= 0) return [...texts];
  if (room < 0) {
    const expected = `to be at least ${special}, the number of special tokens`;
    throw new ArgumentError({ op, argument: 'maximumLength', expected, received: `${maximumLength}` }, 'LENGTH');
  }
  const keep = (text: number[], length: number): number[] =>
    side === 'right' ? text.slice(0, length) : text.slice(text.length - length);
  if (texts.length === 2 && truncation === 'longest_first') {
    const [shorter, longer] = shares(Math.min(first, second), Math.max(first, second), room);
    const [a, b] = first > second ? [longer, shorter] : [shorter, longer];
    return texts.map((text, i) => keep(text, i === 0 ? a : b));
  }
  const chosen = texts.length === 2 && truncation === 'only_second' ? 1 : 0;
  const length = (lengths[chosen] ?? 0) - excess;
  if (length < 0) {
    const argument = `the ${chosen === 0 ? 'first' : 'second'} text`;
    const expected = `to have the ${excess} tokens that must go ("${truncation}")`;
    const received = `${lengths[chosen] ?? 0}`;
    const hint = 'Use truncation "longest_first", or a larger maximumLength.';
    throw new ArgumentError({ op, argument, expected, received, hint }, 'LENGTH');
  }
  return texts.map((text, i) => (i === chosen ? keep(text, length) : text));
}

/** How many tokens of the shorter and of the longer text fit. */
function shares(shorter: number, longer: number, room: number): [number, number] {
  const rest = shorter > room ? shorter : Math.max(shorter, room - shorter);
  if (shorter + Math.min(longer, rest) <= room) return [shorter, Math.min(longer, rest)];
  const half = Math.floor(room / 2);
  return [half, half + (room % 2)];
}

/** The row with `value` up to `length`, on one side. */
export function fill(row: readonly number[], length: number, value: number, side: Side): number[] {
  const filling = new Array<number>(Math.max(0, length - row.length)).fill(value);
  return side === 'right' ? [...row, ...filling] : [...filling, ...row];
}
