// SPDX-License-Identifier: Apache-2.0
// Saving everything a run needs to go on exactly where it stands, so that a kill at any instant leaves a whole checkpoint.
//
// A checkpoint is three files that belong together. They are written under temporary names and brought to disk; then one small
// file, `commit.json`, is renamed into place: from that instant the new checkpoint counts, and who resumes the run finishes the
// three renames. Before that instant the old files are untouched.

import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { ArgumentError, NablaError, type Tensor, dispose, readSafetensors, writeSafetensors } from '@nabla/core';
import type { DataLoaderState } from '@nabla/data';
import type { OptimizerState } from '@nabla/optimizers';
import { z } from 'zod';

import { messageOf, readJson, toJson, writeFileAtomically } from './files.ts';
import { checkRunFile } from './run-folder.ts';

const count = z.int().min(0);

const trainerSchema = z.object({
  /** Steps taken. */
  step: count,
  generator: z.object({ seed: count, offset: count }),
  /** Position in the training data; the loader checks it. */
  loader: z.custom<DataLoaderState>((value) => typeof value === 'object' && value !== null),
  /** Best held-out loss so far and when it was. */
  best: z.object({ step: count, loss: z.number() }).nullable(),
  evaluationsSinceBest: count,
  /** Seconds of training so far. */
  seconds: z.number(),
});

/** The numbers of a run: everything in a checkpoint that is not a tensor. */
export type TrainerState = Readonly<z.infer<typeof trainerSchema>>;

export interface Checkpoint {
  readonly trainer: TrainerState;
  readonly optimizer: OptimizerState;
}

type Tensors = Readonly<Record<string, Tensor>>;

/** The weights of a checkpoint, and those with the best held-out loss. */
export const WEIGHTS_FILES = { last: 'model.safetensors', best: 'best.safetensors' } as const;

const OPTIMIZER_FILE = 'optimizer.safetensors';
const TRAINER_FILE = 'trainer.json';
const COMMIT_FILE = 'commit.json';
const FILES = [WEIGHTS_FILES.last, OPTIMIZER_FILE, TRAINER_FILE];

function staged(folder: string, name: string): string {
  return join(folder, `${name}.next`);
}

/**
 * Replaces the checkpoint of a run.
 *
 * @throws {NablaError} a file cannot be written, because the disk is full for instance (code `CHECKPOINT`); the checkpoint before stays
 */
export async function saveCheckpoint(
  folder: string,
  model: Tensors,
  { trainer, optimizer }: Checkpoint,
): Promise<void> {
  try {
    finishCommit(folder);
    await writeSafetensors(staged(folder, WEIGHTS_FILES.last), model, { format: 'pt' });
    await writeSafetensors(staged(folder, OPTIMIZER_FILE), optimizer.tensors, { step: String(optimizer.step) });
    writeFileAtomically(staged(folder, TRAINER_FILE), toJson(trainer));
    writeFileAtomically(join(folder, COMMIT_FILE), toJson({ step: trainer.step, files: FILES }));
    finishCommit(folder);
  } catch (cause) {
    dropStaged(folder);
    const reason = messageOf(cause).replace(/\.?$/, '.');
    const advice = `An earlier one stays whole. When this is mended: nabla train --resume ${folder}`;
    const message = `the checkpoint of step ${trainer.step} could not be saved: ${reason} ${advice}`;
    throw new NablaError('CHECKPOINT', message, { folder, step: trainer.step }, { cause });
  }
}

/** Makes room again, unless the staged files have become the checkpoint. */
function dropStaged(folder: string): void {
  if (existsSync(join(folder, COMMIT_FILE))) return;
  for (const name of FILES) rmSync(staged(folder, name), { force: true });
}

/** Gives the staged files of a committed checkpoint their names. Only for who trains the run: readers take what is there. */
function finishCommit(folder: string): void {
  if (!existsSync(join(folder, COMMIT_FILE))) return;
  for (const name of FILES) {
    if (existsSync(staged(folder, name))) renameSync(staged(folder, name), join(folder, name));
  }
  rmSync(join(folder, COMMIT_FILE));
}

/**
 * Reads the checkpoint of a run; the tensors belong to the caller.
 *
 * @returns undefined where the run was stopped before its first checkpoint
 * @throws {ArgumentError} a file is broken (code `RUN` or `SAFETENSORS`)
 */
export async function loadCheckpoint(
  folder: string,
): Promise<(Checkpoint & { readonly model: Record<string, Tensor> }) | undefined> {
  finishCommit(folder);
  if (!FILES.some((name) => existsSync(join(folder, name)))) return undefined;
  const trainerFile = join(folder, TRAINER_FILE);
  const trainer = checkRunFile(trainerSchema, trainerFile, readJson(trainerFile));
  const { tensors: model } = await readSafetensors(join(folder, WEIGHTS_FILES.last));
  try {
    const { tensors, metadata } = await readSafetensors(join(folder, OPTIMIZER_FILE));
    return { trainer, model, optimizer: { step: Number(metadata['step']), tensors } };
  } catch (error) {
    dispose(model);
    throw error;
  }
}

/**
 * The weights of a run; they belong to the caller.
 *
 * @throws {ArgumentError} there are none yet (code `RUN`), or the file is broken (code `SAFETENSORS`)
 */
export async function readWeights(folder: string, which: keyof typeof WEIGHTS_FILES): Promise<Record<string, Tensor>> {
  const path = join(folder, WEIGHTS_FILES[which]);
  if (existsSync(path)) return (await readSafetensors(path)).tensors;
  const hint = `The run was stopped before it saved any: nabla train --resume ${folder}`;
  const mismatch = {
    op: 'run',
    argument: path,
    expected: 'to be the weights of a run',
    received: 'no such file',
    hint,
  };
  throw new ArgumentError(mismatch, 'RUN');
}
