// SPDX-License-Identifier: Apache-2.0
// nabla recipes: what can be trained, and each recipe's options as a YAML file to start from.

import type { Command } from '@commander-js/extra-typings';
import { type Recipe, findRecipe, recipes } from '@nabla/models';
import { stringify } from 'yaml';

import type { Output } from '../output.ts';
import { table } from '../render/table.ts';

export function addRecipesCommand(program: Command, output: Output): void {
  program
    .command('recipes')
    .description('list what can be trained; with a name, its options as YAML for --config')
    .argument('[recipe]', 'name of a recipe')
    .action((name) => output.result(name === undefined ? listRecipes() : toYaml(findRecipe(name))));
}

function listRecipes(): string {
  const rows = recipes.map(({ name, title, defaults }) => [name, title, String(defaults['data'])]);
  return table(['recipe', 'what', 'default data'], rows);
}

/** Every option with its default and its meaning; an option without a default is commented out. */
function toYaml({ name, title, schema, defaults, taskDefaults = {}, dependentDefaults = [] }: Recipe): string {
  const options = Object.entries(schema.shape).map(([option, type]) => {
    const value = defaults[option];
    const line = value === undefined ? `# ${option}:` : `${option}: ${inline(value)}`;
    return { line, meaning: (type as { description?: string }).description ?? '' };
  });
  const width = Math.max(...options.map(({ line }) => line.length));
  const lines = options.map(({ line, meaning }) => `${line.padEnd(width)}  # ${meaning}`);
  const ofTasks = Object.entries(taskDefaults).map(([task, changes]) => ({ when: `task: ${task}`, defaults: changes }));
  const others = [...ofTasks, ...dependentDefaults].map(({ when, defaults: changes }) => {
    const values = Object.entries(changes).map(([option, value]) => `${option}: ${inline(value)}`);
    return `# With ${when}, these are the defaults: ${values.join(', ')}`;
  });
  return [`# ${name}: ${title}`, ...lines, ...others].join('\n');
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false }).trim();
}
