// SPDX-License-Identifier: Apache-2.0
// The tokens that have a meaning: where a text begins and ends, what fills a batch. Read from the files, or known by the family.

import type { AddedToken } from './added-tokens.ts';
import { type JsonFields, describeJson } from './json-fields.ts';
import { MAXIMUM_ID, type VocabularyModel } from './vocabulary-model.ts';

/** What a special token is for. */
export const specialRoles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
export type SpecialRole = (typeof specialRoles)[number];
export type SpecialTokens = Readonly<Partial<Record<SpecialRole, string>>>;

/**
 * What the families of models call their special tokens. Their older folders do not say it, since the code of the tokenizer does. The
 * first family all of whose tokens the vocabulary has is the one.
 */
const families: readonly SpecialTokens[] = [
  { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' },
  { bos: '<|startoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|endoftext|>' },
  { bos: '<s>', eos: '</s>', sep: '</s>', cls: '<s>', unk: '<unk>', pad: '<pad>', mask: '<mask>' },
  { bos: '<s>', eos: '</s>', unk: '<unk>' },
  { eos: '</s>', unk: '<unk>', pad: '<pad>' },
  { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>' },
];

/**
 * The special tokens of a folder: those that tokenizer_config.json names, else special_tokens_map.json, else its family's.
 *
 * @param settings  tokenizer_config.json and special_tokens_map.json, the first before the second
 */
export function readSpecialTokens(settings: readonly JsonFields[], has: (token: string) => boolean): SpecialTokens {
  const named = specialRoles.flatMap((role) => {
    const source = settings.find((fields) => fields.names().includes(`${role}_token`));
    if (source === undefined) return [];
    return [[role, tokenText(source, `${role}_token`)] as const];
  });
  const family = families.find((tokens) => Object.values(tokens).every(has)) ?? {};
  const known = named.filter((entry): entry is [SpecialRole, string] => entry[1] !== undefined);
  return { ...(known.length === 0 ? family : keepAbsent(family, named)), ...Object.fromEntries(known) };
}

/** A family's tokens without those that the files set, null among them. */
function keepAbsent(
  family: SpecialTokens,
  named: readonly (readonly [SpecialRole, string | undefined])[],
): SpecialTokens {
  const set = new Set<string>(named.map(([role]) => role));
  return Object.fromEntries(Object.entries(family).filter(([role]) => !set.has(role)));
}

/** `"<s>"` or `{ "content": "<s>" }` */
function tokenText(fields: JsonFields, name: string): string | undefined {
  const value = fields.value(name);
  return typeof value === 'object' ? fields.object(name).text('content') : fields.optionalText(name);
}

/**
 * Adds to a tokenizer's added tokens what its other files name: `added_tokens_decoder` of tokenizer_config.json, added_tokens.json, and
 * special tokens that are none yet. Those that the vocabulary lacks get the next free id.
 */
export function addNamedTokens(
  added: Map<string, AddedToken>,
  model: VocabularyModel,
  {
    config,
    addedTokens,
    special,
  }: {
    config: JsonFields | undefined;
    addedTokens: JsonFields | undefined;
    special: readonly JsonFields[];
  },
): void {
  const add = (content: string, id: number, flags: JsonFields | undefined, isSpecial: boolean): void => {
    if (content === '' || added.has(content)) return;
    const flag = (name: string, fallback: boolean): boolean => flags?.flag(name, fallback) ?? fallback;
    added.set(content, {
      id,
      content,
      single_word: flag('single_word', false),
      lstrip: flag('lstrip', false),
      rstrip: flag('rstrip', false),
      normalized: flag('normalized', !isSpecial),
      special: flag('special', isSpecial),
    });
  };
  const decoder = config?.optionalObject('added_tokens_decoder');
  for (const id of decoder?.names() ?? []) {
    const token = decoder?.object(id);
    if (!/^\d{1,8}$/.test(id) || Number(id) > MAXIMUM_ID) {
      throw decoder?.error(id, `to have an id up to ${MAXIMUM_ID} as its name`, describeJson(id)) ?? new RangeError(id);
    }
    if (token !== undefined) add(token.text('content'), Number(id), token, false);
  }
  for (const content of addedTokens?.names() ?? []) {
    if (addedTokens !== undefined) add(content, addedTokens.integer(content, 0, MAXIMUM_ID), undefined, false);
  }
  const next = (): number =>
    1 + Math.max(-1, largest(model.vocabulary.values()), largest([...added.values()].map(({ id }) => id)));
  for (const fields of special) {
    for (const role of specialRoles) {
      const content = tokenText(fields, `${role}_token`);
      if (content === undefined) continue;
      const flags = typeof fields.value(`${role}_token`) === 'object' ? fields.object(`${role}_token`) : undefined;
      add(content, model.vocabulary.get(content) ?? next(), flags, true);
    }
  }
}

function largest(ids: Iterable<number>): number {
  let result = -1;
  for (const id of ids) result = Math.max(result, id);
  return result;
}
