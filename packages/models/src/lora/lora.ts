// SPDX-License-Identifier: Apache-2.0
// Fine-tuning by low-rank adaptation: a model's weights stay, small corrections of some layers are trained.

import { ArgumentError, type Generator, add, checkInteger, checkNumber, checkOptions, scope } from '@nabla/core';
import { type HookHandle, Linear, Module } from '@nabla/layers';

import type { PretrainedModel } from '../pretrained/architecture.ts';
import { type Adaptable, LoraAdapter, isAdaptable, sizesOf } from './adapter.ts';

export interface LoraOptions {
  /** Draws the initial values, and while training what dropout drops. */
  readonly generator: Generator;
  /** Rank of each correction; default 8. */
  readonly rank?: number;
  /** The corrections are multiplied by `alpha / rank`; default 2 · rank. */
  readonly alpha?: number;
  /** Probability of dropping an element of a correction's input while training; default 0. */
  readonly dropout?: number;
  /**
   * Layers to correct: each whose name is one of these, or ends with one after a dot; `all-linear` for every linear layer but the
   * output. Default: the attention projections that the model's family has; see {@link defaultTargets}.
   */
  readonly targets?: readonly string[] | 'all-linear';
  /** Modules that are trained whole beside the corrections, such as a new head; named as the targets are. Default: none. */
  readonly trained?: readonly string[];
}

const OPTIONS = ['generator', 'rank', 'alpha', 'dropout', 'targets', 'trained'];

/** Projections that are corrected where nobody says which, as PEFT's TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING has them. */
const TARGETS: readonly (readonly string[])[] = [
  ['c_attn'], // GPT-2
  ['q_proj', 'v_proj'], // Llama, Mistral, Qwen2, CLIP, BART
  ['query', 'value'], // BERT, ViT
  ['q_lin', 'v_lin'], // DistilBERT
  ['q', 'v'], // T5, MPNet
];

/** The layers of a model that {@link LoraOptions.targets} mean by default; empty where its family is not known. */
export function defaultTargets(model: Module): readonly string[] {
  const names = [...model.namedModules()].filter(([, module]) => isAdaptable(module)).map(([name]) => name);
  return TARGETS.find((targets) => targets.every((target) => names.some((name) => matches(name, [target])))) ?? [];
}

function matches(name: string, targets: readonly string[]): boolean {
  return targets.some((target) => name === target || name.endsWith(`.${target}`));
}

/** Whether a module is one of those that are trained whole, or part of one. */
function isWithin(name: string, trained: readonly string[]): boolean {
  const parts = name.split('.');
  return parts.some((_, i) => matches(parts.slice(0, i + 1).join('.'), trained));
}

/** The state of a module's field under a name with dots, which a module cannot have. */
class Named extends Module {
  readonly #modules: ReadonlyMap<string, Module>;

  constructor(modules: ReadonlyMap<string, Module>) {
    super();
    this.#modules = modules;
  }

  override *namedChildren(): IterableIterator<[string, Module]> {
    yield* this.#modules;
  }

  override forward(): never {
    throw new TypeError('A dictionary computes nothing by itself.');
  }
}

/**
 * Corrections of a model's layers. While they are attached, the model computes with them; its own parameters are not trained. The
 * parameters of this module are those of the corrections, and of what is trained whole: give them to an optimizer, save its state.
 *
 * @throws {ArgumentError} no layer has the name of a target (code `LORA`), or an option is out of range
 * @see Hu et al. 2021, https://arxiv.org/abs/2106.09685
 * @example
 * const generator = new Generator(1);
 * const model = new GPT2LMHeadModel({ vocab_size: 9, n_positions: 8, n_embd: 4, n_layer: 2, n_head: 2 }, generator);
 * const lora = new Lora(model, { generator, rank: 2 });
 * lora.parameters().map(({ shape }) => shape); // [[2, 4], [12, 2], [2, 4], [12, 2]]
 */
export class Lora extends Module {
  readonly adapters: Module;
  readonly trained: Module;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Names of the layers that are corrected. */
  readonly targets: readonly string[];
  /** Names of the modules that are trained whole. */
  readonly trainedNames: readonly string[];
  readonly #model: PretrainedModel;
  readonly #layers: ReadonlyMap<string, { readonly layer: Adaptable; readonly adapter: LoraAdapter }>;
  readonly #frozen: readonly { trainable: boolean }[];
  #hooks: HookHandle[];

  constructor(model: PretrainedModel, options: LoraOptions) {
    super();
    checkOptions('Lora', options, OPTIONS);
    const {
      generator,
      rank = 8,
      alpha = 2 * rank,
      dropout = 0,
      targets = defaultTargets(model),
      trained = [],
    } = options;
    checkInteger('Lora', 'rank', rank, { minimum: 1 });
    checkNumber('Lora', 'alpha', alpha, { above: 0 });
    checkNumber('Lora', 'dropout', dropout, { minimum: 0, below: 1 });
    const layers = findLayers(model, targets, trained);
    const whole = new Map([...model.namedModules()].filter(([name]) => matches(name, trained)));
    refuseUnknown(model, 'trained', trained, whole.keys());
    const settings = { rank, scaling: alpha / rank, dropout, generator };
    const adapters = new Map([...layers].map(([name, layer]) => [name, new LoraAdapter(sizesOf(layer), settings)]));
    this.rank = rank;
    this.alpha = alpha;
    this.dropout = dropout;
    this.targets = [...layers.keys()];
    this.trainedNames = [...whole.keys()];
    this.#model = model;
    this.#layers = new Map(
      [...layers].flatMap(([name, layer]) => {
        const adapter = adapters.get(name);
        return adapter === undefined ? [] : [[name, { layer, adapter }]];
      }),
    );
    const kept = new Set([...whole.values()].flatMap((module) => module.parameters()));
    this.#frozen = model.parameters().filter((parameter) => !kept.has(parameter));
    for (const parameter of this.#frozen) parameter.trainable = false;
    this.adapters = new Named(adapters);
    this.trained = new Named(whole);
    this.#hooks = [];
    this.attach();
  }

  /** Switches the model too. */
  override train(training = true): this {
    this.#model.train(training);
    return super.train(training);
  }

  /** Lets the model compute with the corrections. They are attached when this is made. */
  attach(): void {
    if (this.#hooks.length > 0) return;
    this.#hooks = [...this.#layers.values()].map(({ layer, adapter }) => correct(layer, adapter));
  }

  /** Lets the model compute as it did before. */
  detach(): void {
    for (const hook of this.#hooks) hook.remove();
    this.#hooks = [];
  }

  /** Adds the corrections to the model's weights for good, detaches them, and lets all of the model be trained again. */
  merge(): void {
    this.detach();
    for (const { layer, adapter } of this.#layers.values()) {
      scope(() => layer.weight.assign(adapter.corrected(layer)));
    }
    for (const parameter of this.#frozen) parameter.trainable = true;
  }

  /** Corrections compute inside the model, not by themselves. */
  override forward(): never {
    const hint = 'Call the forward of the model: the corrections are part of it.';
    throw new ArgumentError({
      op: 'Lora',
      argument: 'forward',
      expected: 'not to be called',
      received: 'a call',
      hint,
    });
  }

  /** Detaches the corrections and frees them; the model stays. */
  override dispose(): void {
    this.detach();
    for (const { adapter } of this.#layers.values()) adapter.dispose();
  }
}

/** A layer is not always of one class, but hooks know one: each is registered with its own. */
function correct(layer: Adaptable, adapter: LoraAdapter): HookHandle {
  if (layer instanceof Linear) return layer.registerForwardHook((_, [x], y) => add(y, adapter.forward(x)));
  return layer.registerForwardHook((_, [x], y) => add(y, adapter.forward(x)));
}

function findLayers(
  model: PretrainedModel,
  targets: readonly string[] | 'all-linear',
  trained: readonly string[],
): Map<string, Adaptable> {
  const layers = new Map<string, Adaptable>();
  for (const [name, module] of model.namedModules()) {
    if (!isAdaptable(module) || isWithin(name, trained)) continue;
    if (targets === 'all-linear' ? name !== 'lm_head' : matches(name, targets)) layers.set(name, module);
  }
  if (targets !== 'all-linear') refuseUnknown(model, 'targets', targets, layers.keys());
  if (layers.size > 0) return layers;
  throw loraError(model, 'targets', 'none');
}

/** @throws {ArgumentError} a name that no module has */
function refuseUnknown(
  model: PretrainedModel,
  argument: string,
  wanted: readonly string[],
  found: Iterable<string>,
): void {
  const names = [...found];
  const unknown = wanted.find((target) => !names.some((name) => matches(name, [target])));
  if (unknown !== undefined) throw loraError(model, argument, `"${unknown}"`);
}

function loraError(model: PretrainedModel, argument: string, received: string): ArgumentError {
  const layers = [...model.namedModules()].filter(([, module]) => isAdaptable(module));
  const last = new Set(layers.map(([name]) => name.slice(name.lastIndexOf('.') + 1)));
  const expected = `to name layers of ${model.constructor.name}`;
  const hint = `Its linear layers are called ${[...last].join(', ')}.`;
  return new ArgumentError({ op: 'Lora', argument, expected, received, hint }, 'LORA');
}
