// SPDX-License-Identifier: Apache-2.0
// Which commands a published model is for, told before anything of it is loaded.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ArgumentError } from '@nabla/core';
import { classInFolder, isSentenceEncoder } from '@nabla/models';

import type { FoundModel } from './find-model.ts';

/** A command that takes published models. */
export type ModelCommand = 'generate' | 'chat' | 'embed' | 'classify' | 'serve';

/** What models can do, and the commands that ask for it, the first one the most usual. */
interface Ability {
  readonly does: string;
  readonly commands: readonly ModelCommand[];
}

const WRITES: Ability = { does: 'writes on after a text', commands: ['generate', 'chat', 'serve'] };
const ANSWERS: Ability = { does: 'answers single texts', commands: ['generate', 'serve'] };
const CLASSIFIES: Ability = { does: 'tells classes apart', commands: ['classify'] };
const EMBEDS: Ability = { does: 'makes vectors of texts', commands: ['embed', 'serve'] };
const NONE: Ability = { does: 'has no command', commands: [] };

/** By the endings of the names of classes. */
const ENDINGS: readonly (readonly [RegExp, Ability])[] = [
  [/(LMHeadModel|ForCausalLM)$/, WRITES],
  [/ForConditionalGeneration$/, ANSWERS],
  [/For(Sequence|Image)Classification$/, CLASSIFIES],
];

/** What a command expects of a model. */
const WANTED: Readonly<Record<ModelCommand, string>> = {
  generate: 'a model that writes',
  chat: 'a model that writes on after a text',
  embed: 'an encoder of texts',
  classify: 'a classifier',
  serve: 'a model that writes, or an encoder of texts',
};

async function abilityOf(folder: string): Promise<{ name: string; ability: Ability }> {
  if (existsSync(join(folder, 'modules.json'))) return { name: 'a sentence encoder', ability: EMBEDS };
  const { name } = (await classInFolder(folder)).architecture;
  const ability = ENDINGS.find(([ending]) => ending.test(name))?.[1];
  return { name, ability: ability ?? ((await isSentenceEncoder(folder)) ? EMBEDS : NONE) };
}

/**
 * Makes sure that a command is for a model.
 *
 * @throws {ArgumentError} it is not: says what is (code `MODEL`); config.json names no class that is known (code `PRETRAINED`)
 */
export async function checkAbility(command: ModelCommand, found: FoundModel): Promise<void> {
  const { source, kind, folder, recipe } = found;
  if (kind === 'run') {
    const hint = `Ask it with nabla predict ${source}, or let it write with nabla generate ${source}, if it writes.`;
    throw unfit(command, source, `a run of the recipe ${String(recipe)}`, hint);
  }
  if (kind === 'adapter') {
    if (WRITES.commands.includes(command)) return; // whether it writes, its configuration says
    const hint =
      recipe === undefined ? 'Pass the run that it is of to nabla predict.' : `Ask it with nabla predict ${source}.`;
    throw unfit(command, source, 'corrections of a model, without the model', hint);
  }
  const { name, ability } = await abilityOf(folder);
  if (ability.commands.includes(command)) return;
  const [usual] = ability.commands;
  const hint =
    usual === undefined
      ? 'In a program, fromPretrained loads it.'
      : `It is for ${ability.commands.map((one) => `nabla ${one}`).join(', ')}.`;
  throw unfit(command, source, usual === undefined ? name : `${name}, which ${ability.does}`, hint);
}

function unfit(command: ModelCommand, source: string, received: string, hint: string): ArgumentError {
  const expected = `to be ${WANTED[command]}`;
  return new ArgumentError({ op: command, argument: `"${source}"`, expected, received, hint }, 'MODEL');
}
