// SPDX-License-Identifier: Apache-2.0
// What the classes of the families learn, by the endings of their names.

const ENDINGS = {
  classification: /ForSequenceClassification$/,
  'causal-lm': /(ForCausalLM|LMHeadModel)$/,
  seq2seq: /ForConditionalGeneration$/,
} as const;

/** The class of a text, to go on with it, to answer it. */
export type LearnedTask = keyof typeof ENDINGS;

/** What a class learns, by its name; undefined where it has no head for a task. */
export function taskOf(className: string): LearnedTask | undefined {
  return (Object.keys(ENDINGS) as LearnedTask[]).find((task) => ENDINGS[task].test(className));
}
