// SPDX-License-Identifier: Apache-2.0
// Examples of any kind that each belong to a class: sentences, recordings.

import { ArgumentError } from '@nabla/core';
import { ArrayDataset } from './composed-datasets.ts';
import type { Sound } from './readers/wav.ts';

/** A text and the id of its class. */
export interface LabelledText {
  readonly text: string;
  /** 0 to the number of classes - 1. */
  readonly label: number;
}

/** A recording and the id of its class. */
export interface SoundExample {
  readonly sound: Sound;
  /** 0 to the number of classes - 1. */
  readonly label: number;
  /** The name of its file. */
  readonly name: string;
}

/**
 * Examples in memory, each with the id of its class.
 *
 * @throws {ArgumentError} a label is not the id of a class
 * @example
 * const sentences = new LabelledDataset([{ text: 'what a film', label: 1 }], ['negative', 'positive']);
 * [sentences.get(0).text, [...sentences.labels]]; // ['what a film', [1]]
 */
export class LabelledDataset<Example extends { readonly label: number }> extends ArrayDataset<Example> {
  readonly labels: Int32Array; // [examples]
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];

  constructor(examples: readonly Example[], classes: readonly string[]) {
    super(examples);
    const stray = examples.findIndex(({ label }) => classes[label] === undefined);
    if (stray !== -1) {
      const expected = `to be the id of a class, 0 to ${classes.length - 1}`;
      const received = String(examples[stray]?.label);
      throw new ArgumentError({ op: 'LabelledDataset', argument: `the label of example ${stray}`, expected, received });
    }
    this.labels = Int32Array.from(examples, ({ label }) => label);
    this.classes = [...classes];
  }
}
