// SPDX-License-Identifier: Apache-2.0
// The tokens that have a meaning: where a text begins and ends, what fills a batch. Read from the files, or known by the family.

import type { AddedToken } from './added-tokens.ts';
import { type JsonFields, describeJson } from './json-fields.ts';
import { MAXIMUM_ID } from './vocabulary-model.ts';

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

/** A role that a file names a token for; none where it says null. */
export interface NamedToken {
  readonly role: SpecialRole;
  readonly content: string | undefined;
  /** `lstrip` and so on, where the file has an object for the token. */
  readonly flags: JsonFields | undefined;
}

/**
 * The special tokens that the files of a folder name.
 *
 * @param settings  tokenizer_config.json and special_tokens_map.json: the first one that has a role counts
 */
export function readNamedTokens(settings: readonly JsonFields[]): NamedToken[] {
  return specialRoles.flatMap((role) => {
    const name = `${role}_token`;
    const source = settings.find((fields) => fields.names().includes(name));
    if (source === undefined) return [];
    const flags = typeof source.value(name) === 'object' ? source.object(name) : undefined;
    return [{ role, content: flags === undefined ? source.optionalText(name) : flags.text('content'), flags }];
  });
}

/** The special tokens of a folder: those that its files name, and its family's for the roles that they do not speak of. */
export function completeSpecialTokens(named: readonly NamedToken[], has: (token: string) => boolean): SpecialTokens {
  const family = families.find((tokens) => Object.values(tokens).every(has)) ?? {};
  const set = new Set<string>(named.map(({ role }) => role));
  const unnamed = Object.entries(family).filter(([role]) => !set.has(role));
  const known = named.flatMap(({ role, content }) => (content === undefined ? [] : [[role, content] as const]));
  return Object.fromEntries([...unnamed, ...known]);
}

/**
 * Adds to a tokenizer's added tokens what its other files name: `added_tokens_decoder` of tokenizer_config.json, added_tokens.json, and
 * special tokens that are none yet. Those that the vocabulary lacks get the next free id.
 */
export function addNamedTokens(
  added: Map<string, AddedToken>,
  vocabulary: ReadonlyMap<string, number>,
  files: { readonly config?: JsonFields | undefined; readonly addedTokens?: JsonFields | undefined },
  named: readonly NamedToken[],
): void {
  const add = (content: string, id: number, isSpecial: boolean, flags?: JsonFields): void => {
    if (content === '' || added.has(content)) return;
    const flag = (name: string, fallback: boolean): boolean => flags?.flag(name, fallback) ?? fallback;
    const special = flag('special', isSpecial);
    const [single_word, lstrip, rstrip] = [flag('single_word', false), flag('lstrip', false), flag('rstrip', false)];
    added.set(content, { id, content, single_word, lstrip, rstrip, normalized: flag('normalized', !special), special });
  };
  const { config, addedTokens } = files;
  const decoder = config?.optionalObject('added_tokens_decoder');
  for (const name of decoder?.names() ?? []) {
    const id = /^\d{1,8}$/.test(name) ? Number(name) : Infinity;
    if (decoder === undefined) continue;
    if (id > MAXIMUM_ID) throw decoder.error(name, `to have an id up to ${MAXIMUM_ID} as its name`, describeJson(name));
    add(decoder.object(name).text('content'), id, false, decoder.object(name));
  }
  for (const content of addedTokens?.names() ?? []) {
    if (addedTokens !== undefined) add(content, addedTokens.integer(content, 0, MAXIMUM_ID), false);
  }
  let next = 0;
  for (const id of vocabulary.values()) next = Math.max(next, id + 1);
  for (const { id } of added.values()) next = Math.max(next, id + 1);
  for (const { content, flags } of named) {
    if (content === undefined) continue;
    add(content, vocabulary.get(content) ?? next, true, flags);
    next = Math.max(next, 1 + (added.get(content)?.id ?? 0));
  }
}
